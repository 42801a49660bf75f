namespace UpgradeProtocols;

/// <summary>The settings for the communication of an application's nodes. They must be the same on all nodes.</summary>
public sealed class BackplaneOptions
{
    /// <summary>The prefix of all channel names, so that applications can share a server; <c>upgrade:</c> by default.</summary>
    public string ChannelPrefix { get; set; } = "upgrade:";

    /// <summary>
    /// The time that <see cref="UpgradeConnection.JoinAsync(string, CancellationToken)"/> waits for the group's subscription to
    /// other nodes' messages, which starts with the group's first member on this node; 1 second by default. While the backplane is away it
    /// doesn't wait.
    /// </summary>
    public TimeSpan JoinTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time without any acknowledgment of published messages after which the server counts as away; 2 seconds by default.
    /// </summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The maximum number of published bytes without acknowledgment; 16 MiB by default. Further messages are refused.</summary>
    public long MaxUnacknowledgedBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// The maximum number of bytes of messages that are kept while the backplane is away, and published when it is back. 0, the default,
    /// keeps none: they are refused. A kept message counts as <see cref="SendOutcome.Queued"/>. When the backplane is back, the kept
    /// messages wait until the nodes that were there before have been heard again, for <see cref="NodeTimeout"/> at most.
    /// </summary>
    public long BufferBytes { get; set; }

    /// <summary>The maximum time for which a message is kept while the backplane is away; 10 seconds by default.</summary>
    public TimeSpan BufferTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum number of bytes of other nodes' pushes that wait for delivery to local connections; 16 MiB by default. Beyond that, a
    /// push's <see cref="SlowConsumerPolicy"/> applies: the latest push of a key replaces the older one,
    /// <see cref="SlowConsumerPolicy.DropOldest"/> drops older pushes of its channel, and any other push is dropped itself.
    /// <see cref="BackplaneStatus.Dropped"/> counts them.
    /// </summary>
    public long MaxBacklogBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The interval at which a node sends heartbeats to the others; 1 second by default.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The silence after which a node counts as dead, and its members as disconnected; 5 seconds by default.</summary>
    public TimeSpan NodeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The time for which an <see cref="IPresence"/> query waits for other nodes' answers; 1 second by default.</summary>
    public TimeSpan PresenceTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
