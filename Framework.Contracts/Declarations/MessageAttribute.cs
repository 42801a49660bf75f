namespace UpgradeProtocols;

/// <summary>
/// On a handler's method: the message it receives. On a method of a client contract: the message it sends.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class MessageAttribute : Attribute
{
    /// <summary>The catch-all: every message that no other method takes, or the whole message of a format without an envelope.</summary>
    public MessageAttribute()
    {
    }

    /// <summary>A message known by its name.</summary>
    /// <param name="name">The name, as it stands in the envelope; compared byte for byte.</param>
    public MessageAttribute(string name) => Name = name;

    /// <summary>A message known by a number, in formats that have numeric tags.</summary>
    /// <param name="tag">The tag; its range is the format's.</param>
    public MessageAttribute(int tag) => Tag = tag;

    /// <summary>The message's name, or <see langword="null"/>.</summary>
    public string? Name { get; }

    /// <summary>The message's numeric tag, or <see langword="null"/>.</summary>
    public int? Tag { get; }

    /// <summary>
    /// The tag of the reply, in formats that have numeric tags; the message's own when it is -1, as by default. On a client
    /// contract it has no meaning.
    /// </summary>
    public int ReplyTag { get; set; } = -1;

    /// <summary>The protocols of the class that have this message; all of them when absent.</summary>
    public string[]? Versions { get; set; }

    /// <summary>
    /// Whether the message may be handled beside others. By default a connection's messages are handled one at a time,
    /// in the order they came. On a client contract it has no meaning.
    /// </summary>
    public bool Concurrent { get; set; }

    /// <summary>
    /// On a push of a client contract: what it does when a connection's outbound queue is full. The protocol's
    /// <see cref="UpgradeProtocolAttribute.SlowConsumer"/> when absent. On a handler's method it has no meaning.
    /// </summary>
    public SlowConsumerPolicy SlowConsumer { get; set; }

    /// <summary>
    /// On a push of a client contract: the member of the payload that says what the push is about, such as
    /// <c>nameof(Price.Symbol)</c>. A push that waits in a connection's outbound queue is replaced, in its place, by a newer one
    /// of the same method whose member is equal; what was sent isn't taken back. None when absent.
    /// </summary>
    /// <remarks>
    /// The newer push keeps the older one's place, so it can arrive before pushes of other methods that were sent in between, and
    /// a key that changes often isn't put off by that. It is <see cref="SendResult.Queued"/>. On a handler's method it has no meaning.
    /// Other nodes know a key by its text: a type of one's own, unless it is a record, needs a <c>ToString</c> that differs for values that differ.
    /// </remarks>
    public string? LatestByKey { get; set; }
}
