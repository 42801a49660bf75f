namespace UpgradeProtocols;

/// <summary>How the nodes of an application work together. The same on all of them.</summary>
public sealed class BackplaneOptions
{
    /// <summary>What the names of all channels begin with, so that applications can share a server; <c>upgrade:</c> by default.</summary>
    public string ChannelPrefix { get; set; } = "upgrade:";

    /// <summary>
    /// How long <see cref="UpgradeConnection.JoinAsync(string, CancellationToken)"/> waits for messages of other nodes to come here when it
    /// is the first to join a group on this node; 1 second by default. While the backplane is away it doesn't wait.
    /// </summary>
    public TimeSpan JoinTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the server may leave everything that is published unanswered before it counts as away; 2 seconds by default.</summary>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many bytes may be published and not yet answered; 16 MiB by default. More are refused.</summary>
    public long MaxUnacknowledgedBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// How many bytes of messages are kept while the backplane is away, to be published when it is back; 0, as by default, for none: they are
    /// refused. A message that is kept counts as <see cref="SendResult.Queued"/>. When the backplane is back, what is kept waits until the nodes
    /// that were there before have been heard again, for <see cref="NodeTimeout"/> at most.
    /// </summary>
    public long BufferBytes { get; set; }

    /// <summary>How long a message is kept at most while the backplane is away; 10 seconds by default.</summary>
    public TimeSpan BufferTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many bytes of other nodes' pushes may wait to be delivered to the connections here; 16 MiB by default. Beyond that, a push does what
    /// its <see cref="SlowConsumerPolicy"/> says: the latest of a key takes the place of the older one, <see cref="SlowConsumerPolicy.DropOldest"/>
    /// drops older ones of its channel, and any other is dropped itself. <see cref="BackplaneStatus.Dropped"/> counts them.
    /// </summary>
    public long MaxBacklogBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How often a node tells the others that it lives; 1 second by default.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After how long a silence a node counts as dead, its members as gone; 5 seconds by default.</summary>
    public TimeSpan NodeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the answers of other nodes to an <see cref="IPresence"/> question are waited for; 1 second by default.</summary>
    public TimeSpan PresenceTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
