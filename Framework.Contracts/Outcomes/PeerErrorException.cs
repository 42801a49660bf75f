namespace UpgradeProtocols;

/// <summary>The peer answered a request with an error.</summary>
/// <param name="code">The code the peer gave, or an empty string.</param>
/// <param name="message">The message the peer gave.</param>
/// <remarks>
/// The exception's own message is the peer's made fit for a log: one line, without control characters, and no longer than somebody reads.
/// </remarks>
public sealed class PeerErrorException(string code, string message) : Exception(LogText.Of(message))
{
    /// <summary>What went wrong, in the peer's terms. A code that is a number is given in decimal digits.</summary>
    public string Code { get; } = code;

    /// <summary>The message as the peer wrote it: any text, of any length.</summary>
    public string PeerMessage { get; } = message;

    /// <summary>More about it, as the peer's format encodes payloads; empty where it gave nothing.</summary>
    public ReadOnlyMemory<byte> ErrorData { get; init; }
}
