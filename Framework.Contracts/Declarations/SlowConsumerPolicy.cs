namespace UpgradeProtocols;

/// <summary>What a push does when the outbound queue of its connection is full. Replies and control frames are never dropped.</summary>
public enum SlowConsumerPolicy
{
    /// <summary>The sender waits until there is room.</summary>
    Wait,

    /// <summary>The oldest waiting push makes room.</summary>
    DropOldest,

    /// <summary>The new push is dropped.</summary>
    DropNewest,

    /// <summary>The connection is closed with 1008 (RFC 6455 §7.4.1).</summary>
    Close,
}
