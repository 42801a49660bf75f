namespace UpgradeProtocols;

/// <summary>The outcome of sending a message on this server. The values are in order: the last is the worst.</summary>
public enum SendOutcome
{
    /// <summary>The transport has the message, or there was no receiver.</summary>
    Sent,

    /// <summary>The message waits in the outbound queue, because the peer reads more slowly than the server sends.</summary>
    Queued,

    /// <summary>The queue was full, and the policy dropped this message, or an older one to make room for it.</summary>
    Dropped,

    /// <summary>The connection is closing or closed: the message was not sent.</summary>
    Closed,
}
