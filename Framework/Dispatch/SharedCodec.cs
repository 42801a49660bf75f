using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <summary>The shared instance of a codec that protocols declare. Used by generated code.</summary>
/// <typeparam name="T">The codec.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class SharedCodec<T>
    where T : IPayloadCodec, new()
{
    /// <summary>The instance.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "There is one for each codec, and generated code names it.")]
    public static IPayloadCodec Instance { get; } = new T();
}
