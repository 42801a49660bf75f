namespace UpgradeProtocols.Runtime;

/// <summary>
/// A transport that accepts connections before the server asks for them, and limits their number: the process needs file descriptors for
/// other purposes too. Connections above the limit wait in the kernel's backlog.
/// </summary>
public interface IBoundedTransport
{
    /// <summary>The maximum number of open connections. It is set before the transport is bound.</summary>
    int MaxOpenConnections { get; set; }
}
