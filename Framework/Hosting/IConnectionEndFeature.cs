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
    /// Whether the connection has been disposed of and nothing of it is left. What was written last may take as long as the peer takes to
    /// read it; an abort ends that.
    /// </summary>
    bool HasEnded { get; }
}
