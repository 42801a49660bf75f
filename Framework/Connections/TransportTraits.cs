namespace UpgradeProtocols;

/// <summary>The properties of a transport that affect how a connection ends.</summary>
[Flags]
internal enum TransportTraits : byte
{
    None = 0,

    /// <summary>The connection counts towards <see cref="UpgradeOptions.MaxConnections"/>.</summary>
    Counted = 1,

    /// <summary>
    /// Completing the output signals its end to the peer (FIN, or TLS's close_notify), and the input can still be read. Without this flag,
    /// completing the output ends both directions.
    /// </summary>
    HalfCloses = 2,
}
