using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>The shape of a payload in some protocols. Created once by generated code.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class PushProjection<T>
{
    private readonly string[] _protocols;

    private protected PushProjection(string[] protocols) => _protocols = protocols;

    internal bool IsFor(ProtocolEntry protocol) => _protocols.Contains(protocol.Name);

    /// <summary>Writes the payload in that shape.</summary>
    /// <returns>Whether it is text or binary where the format doesn't decide.</returns>
    internal abstract MessageKind Write(MessageWriter output, ProtocolEntry protocol, T payload);
}

/// <summary>Creates projections. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PushProjection
{
    /// <summary>Describes a projection.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <typeparam name="TShape">The payload's type in those protocols.</typeparam>
    /// <param name="protocols">The protocols.</param>
    /// <param name="project">Converts the payload to the shape.</param>
    /// <param name="serializer">The shape's serializer where it is the same in every protocol (bytes).</param>
    /// <returns>The projection.</returns>
    public static PushProjection<T> To<T, TShape>(string[] protocols, Func<T, TShape> project, PayloadSerializer<TShape>? serializer = null)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        ArgumentNullException.ThrowIfNull(project);
        return new Projection<T, TShape>(protocols, project, serializer);
    }

    private sealed class Projection<T, TShape>(string[] protocols, Func<T, TShape> project, PayloadSerializer<TShape>? serializer)
        : PushProjection<T>(protocols)
    {
        private readonly CodecSerializers<TShape> _serializers = new(serializer);

        internal override MessageKind Write(MessageWriter output, ProtocolEntry protocol, T payload)
        {
            var serializer = _serializers.For(protocol);
            serializer.Write(output, project(payload));
            return serializer.Kind;
        }
    }
}
