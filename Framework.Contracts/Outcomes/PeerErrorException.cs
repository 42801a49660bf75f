namespace UpgradeProtocols;

/// <summary>The peer answered a request with an error.</summary>
/// <param name="code">The code the peer gave, or an empty string.</param>
/// <param name="message">The message the peer gave.</param>
/// <param name="innerException">The cause, if it is known.</param>
/// <remarks>
/// The exception's message is the peer's message as a single line of limited length, without control characters.
/// </remarks>
public sealed class PeerErrorException(string code, string message, Exception? innerException = null)
    : Exception(LogText.Of(message), innerException)
{
    /// <summary>The peer's error code. A numeric code is in decimal digits.</summary>
    public string Code { get; } = code;

    /// <summary>The message as the peer wrote it: any text, of any length.</summary>
    public string PeerMessage { get; } = message;

    /// <summary>More about it, as the peer's format encodes payloads; empty where it gave nothing.</summary>
    public ReadOnlyMemory<byte> ErrorData { get; init; }
}
