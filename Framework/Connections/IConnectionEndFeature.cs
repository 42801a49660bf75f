using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// A transport that has no <c>IConnectionSocketFeature</c> sets it among a connection's features, to tell when the connection's last byte has
/// left. When its output is completed, such a transport sends its FIN and reads on. It is for the transports of this framework.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IConnectionEndFeature
{
    /// <summary>
    /// Whether the output has been completed and all of it was sent. Until then a peer that doesn't read holds the connection; an abort ends
    /// that.
    /// </summary>
    bool IsDrained { get; }

    /// <summary>
    /// Whether the transport's thread is kept by a handler: nothing is read of this connection meanwhile, and what its peer sends lies
    /// in the socket. It is asked for several times a second, of a connection that implements this interface itself.
    /// </summary>
    bool IsHeldUp => false;
}
