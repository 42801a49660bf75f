namespace UpgradeProtocols;

/// <summary>Checks the number of Host headers of a request and their value (RFC 9112 §3.2).</summary>
internal static class HostRule
{
    public static HttpRequestError? Check(UpgradeRequestHeaders fields, bool isHttp10)
    {
        var line = -1;
        if (!fields.TryGetNextLine("Host", ref line, out var host))
        {
            return isHttp10 ? null : HttpRequestError.BadRequest("The Host field is missing: HTTP/1.1 needs exactly one.");
        }

        if (!HostSyntax.IsValid(host))
        {
            return HttpRequestError.BadRequest("The Host field is malformed: send a host name or address and an optional port.");
        }

        return fields.TryGetNextLine("Host", ref line, out _)
            ? HttpRequestError.BadRequest("The Host field is there more than once: send exactly one.")
            : null;
    }
}
