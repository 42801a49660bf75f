namespace UpgradeProtocols;

/// <summary>The treatment of a push when the outbound queue of its connection is full. Replies and control frames are never dropped.</summary>
public enum SlowConsumerPolicy
{
    /// <summary>
    /// The sender waits until there is room, as long as the server's <c>WriteTimeout</c> lets the peer be that slow. A broadcast is
    /// handed to all its receivers first, and then waits for those that are slow. Each sender that waits holds one message beyond
    /// the queue's limit.
    /// </summary>
    Wait,

    /// <summary>The oldest waiting push makes room.</summary>
    DropOldest,

    /// <summary>The new push is dropped.</summary>
    DropNewest,

    /// <summary>The connection is closed with 1008 (RFC 6455 §7.4.1).</summary>
    Close,
}
