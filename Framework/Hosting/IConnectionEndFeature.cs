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
}
