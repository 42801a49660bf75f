namespace UpgradeProtocols;

/// <summary>The exception for a request that the peer answered with an error.</summary>
/// <param name="code">The peer's error code, or an empty string.</param>
/// <param name="message">The peer's error message.</param>
/// <param name="innerException">The cause, if it is known.</param>
/// <remarks>
/// The exception's own message is the peer's message, sanitized for a log: one line, without control characters, and truncated to a
/// readable length.
/// </remarks>
public sealed class PeerErrorException(string code, string message, Exception? innerException = null)
    : Exception(LogText.Of(message), innerException)
{
    /// <summary>The peer's error code. A numeric code is converted to decimal digits.</summary>
    public string Code { get; } = code;

    /// <summary>The message as the peer wrote it: any text, of any length.</summary>
    public string PeerMessage { get; } = message;

    /// <summary>More details, encoded like a payload of the peer's format; empty if the peer sent none.</summary>
    public ReadOnlyMemory<byte> ErrorData { get; init; }
}
