using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// What is logged of a request's lists. Of one that can't be read it is nothing: a token may stand anywhere in it, where nobody has found it.
/// </summary>
internal static class RequestListText
{
    private const string Unreadable = "(malformed)";

    // Where tokens aren't taken from subprotocols, clients may send them all the same.
    private static ReadOnlySpan<byte> TokenPrefix => "bearer."u8;

    public static string Upgrade(UpgradeRequest request) => LogText.Of(request.ConnectProtocol is { } connect
        ? IsProtocol(Encoding.UTF8.GetBytes(connect)) ? connect : Unreadable
        : Of(request.Fields, "Upgrade", IsProtocol));

    public static string Subprotocols(UpgradeRequest request) =>
        LogText.Of(Of(request.Fields, "Sec-WebSocket-Protocol", static name => HttpCharacters.IsToken(name)));

    private static string Of(HttpFields fields, string field, Func<ReadOnlySpan<byte>, bool> isMember)
    {
        var text = new StringBuilder();
        var members = fields.EnumerateList(field);
        while (members.MoveNext())
        {
            var member = members.Current;
            if (!isMember(member))
            {
                return Unreadable;
            }

            var isToken = member.Length >= TokenPrefix.Length && Ascii.EqualsIgnoreCase(member[..TokenPrefix.Length], TokenPrefix);
            text.Append(text.Length == 0 ? "" : ", ").Append(isToken ? "(a token)" : Encoding.ASCII.GetString(member));
        }

        return members.IsMalformed ? Unreadable : text.ToString();
    }

    // RFC 9110 §7.8: a name and an optional version.
    private static bool IsProtocol(ReadOnlySpan<byte> member)
    {
        var slash = member.IndexOf((byte)'/');
        return slash < 0 ? HttpCharacters.IsToken(member) : HttpCharacters.IsToken(member[..slash]) && HttpCharacters.IsToken(member[(slash + 1)..]);
    }
}
