namespace UpgradeProtocols;

/// <summary>The peer answered a request with an error.</summary>
/// <param name="code">The code the peer gave, or an empty string.</param>
/// <param name="message">The message the peer gave.</param>
public sealed class PeerErrorException(string code, string message) : Exception(message)
{
    /// <summary>What went wrong, in the peer's terms. A code that is a number is given in decimal digits.</summary>
    public string Code { get; } = code;

    /// <summary>More about it, as the peer's format encodes payloads; empty where it gave nothing.</summary>
    public ReadOnlyMemory<byte> ErrorData { get; init; }
}
