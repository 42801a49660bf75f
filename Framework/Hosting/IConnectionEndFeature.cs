using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// A transport sets it among a connection's features to tell how its connections end, where no <c>IConnectionSocketFeature</c> does. It is
/// for the transports of this framework.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IConnectionEndFeature
{
    /// <summary>
    /// Whether completing the transport's output tells the peer that nothing more comes (FIN), once what was written has been sent, and its
    /// input can still be read.
    /// </summary>
    bool HalfCloses { get; }

    /// <summary>
    /// Whether the output has been completed and nothing of it is left to be sent, so that the connection is gone as soon as it is disposed
    /// of. Until then a peer that doesn't read holds it; an abort ends that.
    /// </summary>
    bool IsDrained { get; }
}
