using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// A connection feature of a transport that has no <c>IConnectionSocketFeature</c>. It reports when the connection's last byte has been
/// sent. When its output is completed, such a transport sends its FIN and continues to read. Only this framework's transports use it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IConnectionEndFeature
{
    /// <summary>
    /// Whether the output has been completed and all of it has been sent. Until then a peer that doesn't read keeps the connection open; an
    /// abort ends that.
    /// </summary>
    bool IsDrained { get; }

    /// <summary>
    /// Whether a handler occupies the transport's thread. Meanwhile the connection isn't read, and the peer's bytes stay in the socket. It
    /// is read several times a second, from a connection that implements this interface itself.
    /// </summary>
    bool IsHeldUp => false;
}
