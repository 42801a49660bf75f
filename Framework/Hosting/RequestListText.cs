using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// The log text of a request's lists. It is a placeholder for unreadable subprotocols: a token may stand anywhere among them, undetected.
/// </summary>
internal static class RequestListText
{
    private const string Unreadable = "(malformed)";

    // Clients may send tokens as subprotocols even if the option is off, for Kubernetes for example after
    // base64url.bearer.authorization.k8s.io.
    private const string TokenName = "bearer";

    /// <summary>The requested protocols. They shouldn't contain a token, but a client may have mixed up its headers.</summary>
    public static string Upgrade(UpgradeRequest request)
    {
        var text = request.ConnectProtocol ?? request.Headers["Upgrade"];
        return text is not null && text.Contains(TokenName, StringComparison.OrdinalIgnoreCase) ? Unreadable : LogText.Of(text);
    }

    public static string Subprotocols(UpgradeRequest request)
    {
        var text = new StringBuilder();
        var members = request.Headers.EnumerateList("Sec-WebSocket-Protocol");
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
