namespace UpgradeProtocols;

/// <summary>The policy of a push when the outbound queue of its connection is full. Replies and control frames are never dropped.</summary>
public enum SlowConsumerPolicy
{
    /// <summary>
    /// The sender waits until the queue has room, within the server's <c>WriteTimeout</c> for slow peers. A broadcast is first queued
    /// for all its receivers, and then waits for the slow ones. Each waiting sender holds one message beyond the queue's limit.
    /// </summary>
    Wait,

    /// <summary>The oldest push in the queue is dropped to make room.</summary>
    DropOldest,

    /// <summary>The new push is dropped.</summary>
    DropNewest,

    /// <summary>The connection is closed with 1008 (RFC 6455 §7.4.1).</summary>
    Close,
}
