namespace UpgradeProtocols;

/// <summary>
/// The schemes of requests. Some proxies report the WebSocket schemes, which stand for the same requests (RFC 6455 §3).
/// </summary>
internal static class HttpSchemes
{
    /// <summary>"http" or "https"; null for any other scheme.</summary>
    public static string? Find(string scheme) =>
        Is(scheme, "http") || Is(scheme, "ws") ? "http"
        : Is(scheme, "https") || Is(scheme, "wss") ? "https"
        : null;

    private static bool Is(string scheme, string name) => scheme.Equals(name, StringComparison.OrdinalIgnoreCase);
}
