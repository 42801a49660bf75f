namespace UpgradeProtocols;

/// <summary>
/// Reports the state of the link to the other nodes, for health checks and meters. A singleton where there is a backplane.
/// </summary>
public interface IBackplaneMonitor
{
    /// <summary>The current status. Reading it costs little.</summary>
    BackplaneStatus Status { get; }

    /// <summary>Raised when the link is lost and when it is back, on any thread; the handler must be quick.</summary>
    event EventHandler<BackplaneStatusEventArgs>? Changed;
}

/// <summary>A backplane's status. The counts start with the application.</summary>
public sealed record BackplaneStatus
{
    /// <summary>Whether messages reach other nodes and arrive from them. Otherwise only this node's own clients reach each other.</summary>
    public bool IsConnected { get; init; }

    /// <summary>The reason for a lost connection; or, while connected, the reason why messages of some channel don't arrive here.</summary>
    public string? Problem { get; init; }

    /// <summary>The time at which the connection was last lost or restored; before that, the start.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>This node's name among the others.</summary>
    public required string Node { get; init; }

    /// <summary>The number of other nodes that are alive.</summary>
    public int OtherNodes { get; init; }

    /// <summary>The number of channels to which this node subscribes.</summary>
    public int Channels { get; init; }

    /// <summary>Messages handed to the backplane.</summary>
    public long Published { get; init; }

    /// <summary>The bytes of the messages handed to the backplane.</summary>
    public long PublishedBytes { get; init; }

    /// <summary>Messages that were refused because the backplane was away or didn't keep up.</summary>
    public long Refused { get; init; }

    /// <summary>Messages that were handed over or kept, and then failed, became too old, or were left when the node stopped.</summary>
    public long Lost { get; init; }

    /// <summary>Published bytes without acknowledgment.</summary>
    public long UnacknowledgedBytes { get; init; }

    /// <summary>Bytes that are kept until the backplane is back.</summary>
    public long BufferedBytes { get; init; }

    /// <summary>Messages of other nodes that have arrived.</summary>
    public long Received { get; init; }

    /// <summary>Bytes of other nodes' pushes that wait for local delivery.</summary>
    public long BacklogBytes { get; init; }

    /// <summary>Pushes of other nodes that were dropped because this node didn't deliver them as fast as they arrived.</summary>
    public long Dropped { get; init; }

    /// <summary>Messages that couldn't be read, such as those of a later release with another message form.</summary>
    public long Unreadable { get; init; }

    /// <summary>Pushes without a form for a protocol that only this node has.</summary>
    public long Untranslatable { get; init; }
}
