namespace UpgradeProtocols;

/// <summary>
/// Where a bearer token (RFC 6750) may stand in the request that asks for an upgrade, besides <c>Authorization: Bearer</c>: a
/// browser can't send that field with a WebSocket. A token is taken out of where it stood before anything else reads or logs the
/// request, and is in <see cref="UpgradeRequest.BearerToken"/>; in ASP.NET Core it becomes the Authorization field, which every
/// bearer scheme reads.
/// </summary>
public sealed class BearerTokenOptions
{
    /// <summary>
    /// What a subprotocol that carries a token begins with, without case; <c>bearer.</c> by default, <see langword="null"/> for none. In a browser:
    /// <c>new WebSocket(url, ["chat.v2", "bearer." + token])</c>. It is never chosen nor echoed, so a real one must stand beside it.
    /// </summary>
    public string? SubprotocolPrefix { get; set; } = "bearer.";

    /// <summary>
    /// The query parameter that may carry a token, such as <c>access_token</c>, without case; <see langword="null"/>, as by default, for none. URLs end up
    /// in the logs of proxies, and in ASP.NET Core's own of the beginning of a request.
    /// </summary>
    public string? QueryParameter { get; set; }
}
