using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// What is logged of a request's lists. Of subprotocols that can't be read it is nothing: a token may stand anywhere among them, where nobody
/// has found it.
/// </summary>
internal static class RequestListText
{
    private const string Unreadable = "(malformed)";

    // Where tokens aren't taken from subprotocols, clients may send them all the same; to Kubernetes after base64url.bearer.authorization.k8s.io.
    private const string TokenName = "bearer";

    /// <summary>What is asked for: no place for a token, but a client may have mixed up its fields.</summary>
    public static string Upgrade(UpgradeRequest request)
    {
        var text = request.ConnectProtocol ?? request.Fields["Upgrade"];
        return text is not null && text.Contains(TokenName, StringComparison.OrdinalIgnoreCase) ? Unreadable : LogText.Of(text);
    }

    public static string Subprotocols(UpgradeRequest request)
    {
        var text = new StringBuilder();
        var members = request.Fields.EnumerateList("Sec-WebSocket-Protocol");
        while (members.MoveNext())
        {
            if (!HttpCharacters.IsToken(members.Current))
            {
                return Unreadable;
            }

            var name = Encoding.ASCII.GetString(members.Current);
            var isToken = name.Contains(TokenName + ".", StringComparison.OrdinalIgnoreCase);
            text.Append(text.Length == 0 ? "" : ", ").Append(isToken ? "(a token)" : name);
        }

        return members.IsMalformed ? Unreadable : LogText.Of(text.ToString());
    }
}
