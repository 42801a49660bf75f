using System.Text;

namespace UpgradeProtocols;

/// <summary>Finds bearer tokens in a request (RFC 6750 §2), and removes them from the places where other code would read them.</summary>
internal static class BearerTokens
{
    private const string Subprotocols = "Sec-WebSocket-Protocol";
    private const string Scheme = "Bearer ";

    /// <summary>The token of the Authorization header.</summary>
    public static string? Of(UpgradeRequestHeaders fields) =>
        fields["Authorization"] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..].Trim() : null;

    /// <summary>
    /// Removes the tokens from subprotocols and query. One of them becomes the request's token unless the Authorization header has one.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="subprotocolPrefix">The prefix of a subprotocol that carries a token, or null.</param>
    /// <param name="queryParameter">The query parameter that carries a token, or null.</param>
    /// <returns>Whether a token was removed.</returns>
    public static bool Take(UpgradeRequest request, string? subprotocolPrefix, string? queryParameter)
    {
        var fromSubprotocol = subprotocolPrefix is null ? null : TakeSubprotocol(request, subprotocolPrefix);
        var fromQuery = queryParameter is null ? null : TakeQuery(request, queryParameter);
        if ((fromSubprotocol ?? fromQuery) is not { } token)
        {
            return false;
        }

        request.TakenToken = token;
        return true;
    }

    private static string? TakeSubprotocol(UpgradeRequest request, string prefix)
    {
        string? token = null;
        foreach (var member in request.Headers.EnumerateList(Subprotocols))
        {
            if (member.Length > prefix.Length && Ascii.EqualsIgnoreCase(member[..prefix.Length], prefix))
            {
                token = Encoding.ASCII.GetString(member[prefix.Length..]);
                break;
            }
        }

        if (token is not null)
        {
            request.Headers = new UpgradeRequestHeaders(Without(request.Headers, prefix));
        }

        return token;
    }

    private static IEnumerable<KeyValuePair<string, string>> Without(UpgradeRequestHeaders fields, string prefix)
    {
        foreach (var field in fields)
        {
            if (!field.Key.Equals(Subprotocols, StringComparison.OrdinalIgnoreCase))
            {
                yield return field;
                continue;
            }

            var rest = field.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(member => !(member.Length > prefix.Length && member.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                .ToArray();
            if (rest.Length > 0)
            {
                yield return new(field.Key, string.Join(", ", rest));
            }
        }
    }

    // The comparison ignores case, as ASP.NET Core does for a query: a token under another spelling doesn't stay readable for other code.
    private static string? TakeQuery(UpgradeRequest request, string parameter)
    {
        if (!QueryParameters.Parse(request.QueryString).TryGetValue(parameter, out var values))
        {
            return null;
        }

        var rest = request.QueryString.TrimStart('?').Split('&').Where(pair => !QueryParameters.Parse(pair).ContainsKey(parameter));
        request.ReplaceQuery(string.Join('&', rest) is { Length: > 0 } query ? "?" + query : "");
        return values.FirstOrDefault(static value => value is { Length: > 0 });
    }
}
