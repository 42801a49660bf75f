namespace UpgradeProtocols;

/// <summary>
/// The time, in milliseconds, for which the server discards the bytes that a refused peer still sends. Closing with unread bytes would
/// reset the connection, and the peer could lose the last bytes sent to it (RFC 6455 §7.1.7, RFC 9112 §9.6).
/// </summary>
internal static class DiscardTime
{
    public const int Longest = 1000;

    /// <summary>The time without received bytes after which the server stops earlier.</summary>
    public const int Silence = 500;
}
