namespace UpgradeProtocols;

/// <summary>How the epoll transport works.</summary>
public sealed class EpollTransportOptions
{
    /// <summary>Loops, each a thread, for an endpoint. Default: one for each processor.</summary>
    public int LoopCount { get; set; } = Environment.ProcessorCount;

    /// <summary>Connections that may wait to be accepted. Default 512, as Kestrel has it.</summary>
    public int Backlog { get; set; } = 512;

    /// <summary>Whether small segments are sent at once (<c>TCP_NODELAY</c>). Default true.</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// How long a handler may keep a loop to itself before a warning is logged. Default one second. It is looked for once a second.
    /// </summary>
    public TimeSpan BlockedLoopThreshold { get; set; } = TimeSpan.FromSeconds(1);
}
