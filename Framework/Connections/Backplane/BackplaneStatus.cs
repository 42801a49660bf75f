namespace UpgradeProtocols;

/// <summary>How the way to the other nodes is, for health checks and meters. A singleton where there is a backplane.</summary>
public interface IBackplaneMonitor
{
    /// <summary>The status as of now. Reading it costs little.</summary>
    BackplaneStatus Status { get; }

    /// <summary>Is raised when the way is cut and when it is back, on any thread; the handler must be quick.</summary>
    event Action<BackplaneStatus>? Changed;
}

/// <summary>A backplane's status. The counts are since the start.</summary>
public sealed record BackplaneStatus
{
    /// <summary>Whether messages go to other nodes and come from them. Otherwise only this node's own clients reach each other.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Why it isn't connected; or, where it is, why messages of some channel don't come here.</summary>
    public string? Problem { get; init; }

    /// <summary>Since when it is as it is.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>This node's name among the others.</summary>
    public required string Node { get; init; }

    /// <summary>How many other nodes are alive.</summary>
    public int OtherNodes { get; init; }

    /// <summary>To how many channels this node subscribes.</summary>
    public int Channels { get; init; }

    /// <summary>Messages handed to the backplane.</summary>
    public long Published { get; init; }

    /// <summary>Bytes of them.</summary>
    public long PublishedBytes { get; init; }

    /// <summary>Messages that were refused because it was away or didn't keep up.</summary>
    public long Refused { get; init; }

    /// <summary>Messages that were handed over or kept, and failed, grew too old, or were left when the node stopped.</summary>
    public long Lost { get; init; }

    /// <summary>Bytes that are published and not yet answered.</summary>
    public long UnacknowledgedBytes { get; init; }

    /// <summary>Bytes that are kept until it is back.</summary>
    public long BufferedBytes { get; init; }

    /// <summary>Messages of other nodes that have arrived.</summary>
    public long Received { get; init; }

    /// <summary>Bytes of other nodes' pushes that wait to be delivered here.</summary>
    public long BacklogBytes { get; init; }

    /// <summary>Pushes of other nodes that were dropped because this node didn't deliver as fast as they came.</summary>
    public long Dropped { get; init; }

    /// <summary>Messages that couldn't be read, such as those of a later release that changed their form.</summary>
    public long Unreadable { get; init; }

    /// <summary>Pushes that had no form for a protocol which only this node has.</summary>
    public long Untranslatable { get; init; }
}
