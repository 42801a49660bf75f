namespace UpgradeProtocols;

/// <summary>A request can't be answered any more: the connection closed first.</summary>
/// <param name="close">How the connection ended.</param>
public sealed class ConnectionClosedException(CloseInfo close)
    : Exception($"The connection closed before the reply came ({close.Code}{(close.Reason.Length == 0 ? "" : ": " + LogText.Of(close.Reason))}).")
{
    /// <summary>How the connection ended.</summary>
    public CloseInfo Close { get; } = close;
}
