namespace UpgradeProtocols;

/// <summary>
/// For how long, in milliseconds, what a refused peer still sends is discarded: to close with unread bytes would reset the
/// connection and could take the last answer from the peer (RFC 6455 §7.1.7, RFC 9112 §9.6).
/// </summary>
internal static class DiscardTime
{
    public const int Longest = 1000;

    /// <summary>Less when nothing has come for so long.</summary>
    public const int Silence = 500;
}
