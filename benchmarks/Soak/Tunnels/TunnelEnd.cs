namespace UpgradeProtocols.Soak;

/// <summary>The ways in which a tunnel ends.</summary>
internal enum TunnelEnd
{
    /// <summary>The handler returns as soon as one direction has ended, while the read of the other is pending.</summary>
    WhenOneHasEnded,

    /// <summary>The handler throws while a read is pending.</summary>
    Throw,

    /// <summary>The connection is aborted while a read is pending.</summary>
    Abort,

    /// <summary>The read is cancelled by its token, then by CancelPendingRead; then the handler returns.</summary>
    Cancel,

    /// <summary>The server completes its output and continues to read until the client has ended.</summary>
    ServerCloses,

    /// <summary>The client sends FIN and continues to read.</summary>
    ClientCloses,

    /// <summary>The client resets the connection.</summary>
    ClientResets,

    /// <summary>The client doesn't read; the handler returns while a flush is pending, and the client disconnects later.</summary>
    FlushWaits,

    /// <summary>The client doesn't read; the server aborts while a flush is pending.</summary>
    AbortWhileFlushWaits,
}
