namespace UpgradeProtocols;

/// <summary>The options of the epoll transport.</summary>
public sealed class EpollTransportOptions
{
    /// <summary>The number of loops per endpoint; each loop is a thread. Default: one per processor.</summary>
    public int LoopCount { get; set; } = Environment.ProcessorCount;

    /// <summary>The maximum number of connections that wait to be accepted. Default: 512, like Kestrel.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>Whether small segments are sent immediately (<c>TCP_NODELAY</c>). Default: true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// The time that a handler may block a loop before the server logs a warning. Default: one second. The check runs once per second.
    /// </summary>
    public TimeSpan BlockedLoopThreshold { get; set; } = TimeSpan.FromSeconds(1);
}
