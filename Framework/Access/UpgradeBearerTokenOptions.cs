namespace UpgradeProtocols;

/// <summary>
/// The places of a bearer token (RFC 6750) in an upgrade request, besides <c>Authorization: Bearer</c>: a browser can't send that
/// header with a WebSocket. The server removes the token from its place before any other code reads or logs the request.
/// <see cref="UpgradeRequest.BearerToken"/> then has it; in ASP.NET Core it becomes the Authorization header, which every bearer
/// scheme reads.
/// </summary>
public sealed class UpgradeBearerTokenOptions
{
    /// <summary>
    /// The prefix of a subprotocol that carries a token, case-insensitive; <c>bearer.</c> by default, <see langword="null"/> for none. In a
    /// browser: <c>new WebSocket(url, ["chat.v2", "bearer." + token])</c>. The server never selects or echoes this subprotocol, so the
    /// client must offer a real one too.
    /// </summary>
    public string? SubprotocolPrefix { get; set; } = "bearer.";

    /// <summary>
    /// The name of the query parameter that may carry a token, such as <c>access_token</c>, case-insensitive; <see langword="null"/>, the
    /// default, for none. URLs appear in the logs of proxies, and in the log entry that ASP.NET Core writes when a request starts.
    /// </summary>
    public string? QueryParameter { get; set; }
}
