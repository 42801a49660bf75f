namespace UpgradeProtocols;

/// <summary>
/// Marks a handler's catch-all method: it receives every message that no other method takes. In a format without an envelope
/// (<see cref="RawMessageFormat"/>) that is every message.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class AnyMessageAttribute : Attribute
{
    /// <summary>The protocols of the class that have the method; all of them by default.</summary>
    public string[]? Versions { get; set; }

    /// <summary>
    /// Whether the method may run concurrently with the handling of other messages. By default a connection handles its messages one at a
    /// time, in order.
    /// </summary>
    public bool Concurrent { get; set; }
}
