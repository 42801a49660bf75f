namespace UpgradeProtocols;

/// <summary>
/// Declares the message that a handler's method receives, or that a method of a client contract sends.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = true)]
public sealed class MessageAttribute : Attribute
{
    /// <summary>
    /// Declares a message without a name, in a format without an envelope (<see cref="RawMessageFormat"/>). In other formats this is an
    /// error (UPG122): a message has a name or a tag, and a method with <see cref="AnyMessageAttribute"/> receives every message that no
    /// other method takes.
    /// </summary>
    public MessageAttribute()
    {
    }

    /// <summary>Declares a message that is identified by its name.</summary>
    /// <param name="name">The name in the envelope, compared byte for byte.</param>
    public MessageAttribute(string name) => Name = name;

    /// <summary>Declares a message that is identified by a number, in formats that have numeric tags.</summary>
    /// <param name="tag">The tag; the format defines its range.</param>
    public MessageAttribute(int tag) => Tag = tag;

    /// <summary>The message's name, or <see langword="null"/>.</summary>
    public string? Name { get; }

    /// <summary>The message's numeric tag, or <see langword="null"/>.</summary>
    public int? Tag { get; }

    /// <summary>
    /// The tag of the reply, in formats that have numeric tags; -1, the default, means the message's own tag. It has no effect on a
    /// client contract.
    /// </summary>
    public int ReplyTag { get; set; } = -1;

    /// <summary>The protocols of the class that have this message; all of them by default.</summary>
    public string[]? Versions { get; set; }

    /// <summary>
    /// Whether the method may run concurrently with the handling of other messages. By default a connection handles its messages one at a
    /// time, in order. It has no effect on a client contract.
    /// </summary>
    public bool Concurrent { get; set; }

    /// <summary>
    /// The policy of a client contract's push when a connection's outbound queue is full; the protocol's
    /// <see cref="UpgradeProtocolAttribute.SlowConsumer"/> by default. It has no effect on a handler's method.
    /// </summary>
    public SlowConsumerPolicy SlowConsumer { get; set; }

    /// <summary>
    /// The payload member that is the key of a client contract's push, such as <c>nameof(Price.Symbol)</c>. A newer push of the same
    /// method with an equal key replaces the push that waits in a connection's outbound queue, and keeps its position there. A push that
    /// was already sent is not affected. There is no key by default.
    /// </summary>
    /// <remarks>
    /// The newer push has the older one's position, so it can arrive before pushes of other methods that were sent in between, and
    /// frequent changes of a key don't delay it. Its outcome is <see cref="SendOutcome.Queued"/>. The property has no effect on a handler's
    /// method. Other nodes compare keys by their text: a custom key type that isn't a record needs a <c>ToString</c> that returns different
    /// texts for different values.
    /// </remarks>
    public string? LatestByKey { get; set; }
}
