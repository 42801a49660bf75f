namespace UpgradeProtocols;

/// <summary>The exception for a request whose connection closed before the reply arrived.</summary>
/// <param name="close">How the connection ended.</param>
/// <param name="innerException">The cause, if it is known.</param>
public sealed class ConnectionClosedException(CloseInfo close, Exception? innerException = null)
    : Exception($"The connection closed before the reply arrived ({close.Code}{(close.Reason.Length == 0 ? "" : ": " + LogText.Of(close.Reason))}).", innerException)
{
    /// <summary>How the connection ended.</summary>
    public CloseInfo Close { get; } = close;
}
