using System.Text;

namespace UpgradeProtocols;

/// <summary>Finds bearer tokens in a request (RFC 6750 §2), and takes them out of where others would read them.</summary>
internal static class BearerTokens
{
    private const string Subprotocols = "Sec-WebSocket-Protocol";
    private const string Scheme = "Bearer ";

    /// <summary>The token of the Authorization field.</summary>
    public static string? Of(HttpFields fields) =>
        fields["Authorization"] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..].Trim() : null;

    /// <summary>Takes the tokens out of subprotocols and query; one of them is the request's token unless the Authorization field has one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="subprotocolPrefix">What a subprotocol with a token begins with, or null.</param>
    /// <param name="queryParameter">The query parameter with a token, or null.</param>
    /// <returns>Whether any was taken.</returns>
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
        foreach (var member in request.Fields.EnumerateList(Subprotocols))
        {
            if (member.Length > prefix.Length && Ascii.EqualsIgnoreCase(member[..prefix.Length], prefix))
            {
                token = Encoding.ASCII.GetString(member[prefix.Length..]);
                break;
            }
        }

        if (token is not null)
        {
            request.Fields = new HttpFields(Without(request.Fields, prefix));
        }

        return token;
    }

    private static IEnumerable<KeyValuePair<string, string>> Without(HttpFields fields, string prefix)
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

    // Without case, as ASP.NET Core reads a query: a token under another spelling isn't left where others read it.
    private static string? TakeQuery(UpgradeRequest request, string parameter)
    {
        string? token = null;
        var isThere = false;
        foreach (var (name, value) in QueryParameters.Parse(request.QueryString))
        {
            if (name.Equals(parameter, StringComparison.OrdinalIgnoreCase))
            {
                isThere = true;
                token ??= value is { Length: > 0 } ? value : null;
            }
        }

        if (isThere)
        {
            var rest = request.QueryString.TrimStart('?').Split('&')
                .Where(pair => QueryParameters.Parse("?" + pair) is not [{ Key: var name }] || !name.Equals(parameter, StringComparison.OrdinalIgnoreCase));
            request.ReplaceQuery(string.Join('&', rest) is { Length: > 0 } query ? "?" + query : "");
        }

        return token;
    }
}
