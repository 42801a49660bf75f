namespace UpgradeProtocols;

/// <summary>What a connection's end depends on.</summary>
[Flags]
internal enum TransportTraits : byte
{
    None = 0,

    /// <summary>The connection is counted among <see cref="UpgradeOptions.MaxConnections"/>.</summary>
    Counted = 1,

    /// <summary>
    /// To complete the output tells the peer that nothing more comes (FIN, or TLS's close_notify), and its bytes are read on. Where
    /// it is missing, to complete the output ends both directions.
    /// </summary>
    HalfCloses = 2,
}
