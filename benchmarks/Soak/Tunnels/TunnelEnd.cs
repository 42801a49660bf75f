namespace UpgradeProtocols.Soak;

/// <summary>How a tunnel ends.</summary>
internal enum TunnelEnd
{
    /// <summary>The handler returns as soon as one direction has ended, while the other's read waits.</summary>
    WhenOneHasEnded,

    /// <summary>The handler throws while a read waits.</summary>
    Throw,

    /// <summary>The connection is aborted while a read waits.</summary>
    Abort,

    /// <summary>The read is cancelled by its token, then by CancelPendingRead; then the handler returns.</summary>
    Cancel,

    /// <summary>The server completes its output and reads on until the client has ended.</summary>
    ServerCloses,

    /// <summary>The client sends FIN and reads on.</summary>
    ClientCloses,

    /// <summary>The client resets the connection.</summary>
    ClientResets,

    /// <summary>The client doesn't read; the handler returns while a flush waits, and the client leaves later.</summary>
    FlushWaits,

    /// <summary>The same, and the server aborts.</summary>
    AbortWhileFlushWaits,
}
