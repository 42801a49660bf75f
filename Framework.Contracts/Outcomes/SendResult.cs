namespace UpgradeProtocols;

/// <summary>What became of a message that was sent. For several receivers it is the worst of theirs.</summary>
public enum SendResult
{
    /// <summary>It was handed to the transport, or there was nobody to send it to.</summary>
    Sent,

    /// <summary>It waits in the outbound queue: the peer takes its messages more slowly than they are sent.</summary>
    Queued,

    /// <summary>The queue was full and the policy dropped this message or, for it, an older one.</summary>
    Dropped,

    /// <summary>The connection is closing or closed: the message was not sent.</summary>
    Closed,
}
