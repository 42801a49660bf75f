namespace UpgradeProtocols.Runtime;

/// <summary>
/// A transport that accepts connections before the server asks for them, and keeps to a number of them: the process needs file
/// descriptors for other things too. Those that are too many wait in the kernel's backlog.
/// </summary>
public interface IBoundedTransport
{
    /// <summary>How many connections may be open at a time. It is set before the transport is bound.</summary>
    int MaxOpenConnections { get; set; }
}
