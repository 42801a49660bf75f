using System.Buffers;
using System.Text;

namespace UpgradeProtocols;

/// <summary>One member of Sec-WebSocket-Extensions: a name and parameters, without their meaning (RFC 6455 §9.1).</summary>
internal sealed class ExtensionOffer
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private ExtensionOffer(string name, List<(string Name, string? Value)> parameters)
    {
        Name = name;
        Parameters = parameters;
    }

    public string Name { get; }

    public IReadOnlyList<(string Name, string? Value)> Parameters { get; }

    /// <summary>
    /// Parses token *( ";" token [ "=" ( token / quoted-string ) ] ), with spaces and tabs between; returns null for any other text.
    /// </summary>
    public static ExtensionOffer? Parse(ReadOnlySpan<char> member)
    {
        if (!TryTakeToken(ref member, out var name))
        {
            return null;
        }

        var parameters = new List<(string, string?)>();
        while (TryTake(ref member, ';'))
        {
            string? value = null;
            if (!TryTakeToken(ref member, out var parameter) || (TryTake(ref member, '=') && !TryTakeValue(ref member, out value)))
            {
                return null;
            }

            parameters.Add((parameter, value));
        }

        return member.IsEmpty ? new ExtensionOffer(name, parameters) : null;
    }

    private static bool TryTake(ref ReadOnlySpan<char> rest, char expected)
    {
        rest = rest.TrimStart(" \t");
        if (!rest.StartsWith(expected))
        {
            return false;
        }

        rest = rest[1..];
        return true;
    }

    private static bool TryTakeToken(ref ReadOnlySpan<char> rest, out string token)
    {
        rest = rest.TrimStart(" \t");
        var end = rest.IndexOfAnyExcept(TokenCharacters);
        var length = end < 0 ? rest.Length : end;
        token = rest[..length].ToString();
        rest = rest[length..].TrimStart(" \t");
        return length > 0;
    }

    private static bool TryTakeValue(ref ReadOnlySpan<char> rest, out string? value)
    {
        var valid = TryTake(ref rest, '"') ? TryTakeQuoted(ref rest, out var found) : TryTakeToken(ref rest, out found);
        value = found;
        return valid;
    }

    /// <summary>Takes a quoted value after its opening quote. The value must be a token after unescaping.</summary>
    private static bool TryTakeQuoted(ref ReadOnlySpan<char> rest, out string value)
    {
        var unescaped = new StringBuilder();
        var at = 0;
        for (; at < rest.Length && rest[at] != '"'; at++)
        {
            at += rest[at] == '\\' ? 1 : 0;
            if (at < rest.Length)
            {
                unescaped.Append(rest[at]);
            }
        }

        value = unescaped.ToString();
        var closed = at < rest.Length;
        rest = closed ? rest[(at + 1)..].TrimStart(" \t") : [];
        return closed && value.Length > 0 && !value.AsSpan().ContainsAnyExcept(TokenCharacters);
    }
}
