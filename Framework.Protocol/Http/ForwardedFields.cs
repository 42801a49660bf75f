using System.Globalization;
using System.Net;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The origin of a request, as trusted proxies report it.</summary>
/// <param name="HasClient">Whether the proxies report a client; otherwise they report only the scheme or the host.</param>
/// <param name="Client">The client: port 0 if only the address is known, null if the proxy doesn't know the client or hides it.</param>
/// <param name="Scheme">"http" or "https", or null.</param>
/// <param name="Host">The requested host with its port, or null.</param>
internal sealed record ForwardedOrigin(bool HasClient = false, IPEndPoint? Client = null, string? Scheme = null, string? Host = null);

/// <summary>
/// Reads <c>Forwarded</c> (RFC 7239) and the older <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>. Every proxy appends its part at
/// the right, so the lists are read from the right, as long as the hops are known. The client may have made up everything to the left of
/// the first unknown hop, so that part isn't read.
/// </summary>
internal static class ForwardedFields
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private const string ForHost = "X-Forwarded-Host";

    private delegate bool HopReader(int hop, out Hop read);

    /// <param name="fields">The headers of a request that a known proxy has sent.</param>
    /// <param name="isKnown">Returns whether an address belongs to a known proxy.</param>
    /// <param name="origin">The reported origin; null if these headers are absent.</param>
    /// <returns>
    /// False if the examined part is malformed, or the two kinds contradict each other: a proxy that sets one kind and passes the other on
    /// would let its clients write the other.
    /// </returns>
    public static bool TryRead(UpgradeRequestHeaders fields, Func<IPAddress, bool> isKnown, out ForwardedOrigin? origin)
    {
        origin = null;
        ForwardedOrigin? standard = null;
        ForwardedOrigin? older = null;
        if (fields.Contains("Forwarded") && !TryReadStandard(fields, isKnown, out standard))
        {
            return false;
        }

        if ((fields.Contains(For) || fields.Contains(Proto) || fields.Contains(ForHost)) && !TryReadOlder(fields, isKnown, out older))
        {
            return false;
        }

        if (standard is null || older is null)
        {
            origin = standard ?? older;
            return true;
        }

        if (!Agree(standard, older))
        {
            return false;
        }

        origin = standard with { Scheme = standard.Scheme ?? older.Scheme, Host = standard.Host ?? older.Host };
        return true;
    }

    private static bool Agree(ForwardedOrigin one, ForwardedOrigin other) =>
        one.HasClient == other.HasClient
        && Equals(one.Client?.Address, other.Client?.Address)
        && (one.Scheme is null || other.Scheme is null || one.Scheme == other.Scheme)
        && (one.Host is null || other.Host is null || one.Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase));

    private static bool TryReadStandard(UpgradeRequestHeaders fields, Func<IPAddress, bool> isKnown, out ForwardedOrigin? origin)
    {
        origin = null;
        var elements = new List<string>();
        return fields.TryGetList("Forwarded", elements)
            && TryWalk(elements.Count, (int hop, out Hop read) => TryReadElement(elements[^(hop + 1)], out read), isKnown, out origin);
    }

    private static bool TryReadOlder(UpgradeRequestHeaders fields, Func<IPAddress, bool> isKnown, out ForwardedOrigin? origin)
    {
        var clients = Members(fields, For);
        var schemes = Members(fields, Proto);
        var hosts = Members(fields, ForHost);
        return TryWalk(Math.Max(clients.Length, 1), ReadHop, isKnown, out origin);

        bool ReadHop(int hop, out Hop read)
        {
            read = default;
            if (hop < clients.Length)
            {
                if (!TryParseNode(clients[^(hop + 1)], allowsBareIPv6: true, out var client))
                {
                    return false;
                }

                read = new Hop { HasNode = true, Node = client };
            }

            return (hop >= schemes.Length || TryParseScheme(schemes[^(hop + 1)], ref read))
                && (hop >= hosts.Length || TryParseHost(hosts[^(hop + 1)], ref read));
        }
    }

    // The lists have no quoted strings: a quote is an error in its member and can't hide a comma.
    private static string[] Members(UpgradeRequestHeaders fields, string name) =>
    [
        .. fields.GetValues(name).SelectMany(static line => line.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
    ];

    private static bool TryWalk(int count, HopReader read, Func<IPAddress, bool> isKnown, out ForwardedOrigin? origin)
    {
        origin = null;
        for (var i = 0; i < count; i++)
        {
            if (!read(i, out var hop))
            {
                return false;
            }

            // A hop that omits a value keeps the value of the hop nearer to the server.
            origin ??= new ForwardedOrigin();
            origin = origin with { Scheme = hop.Scheme ?? origin.Scheme, Host = hop.Host ?? origin.Host };
            if (!hop.HasNode)
            {
                break;
            }

            origin = origin with { HasClient = true, Client = hop.Node };
            if (hop.Node is not { } node || !isKnown(node.Address))
            {
                break;
            }
        }

        return true;
    }

    // RFC 7239 §4: pairs of a token and a token or quoted string, separated by semicolons, without repeated names.
    private static bool TryReadElement(string element, out Hop hop)
    {
        hop = default;
        var rest = element.AsSpan();
        while (true)
        {
            rest = rest.TrimStart(" \t");
            if (rest.IsEmpty)
            {
                return true;
            }

            if (rest[0] != ';' && !TryReadPair(ref rest, ref hop))
            {
                return false;
            }

            rest = rest.TrimStart(" \t");
            if (rest.IsEmpty)
            {
                return true;
            }

            if (rest[0] != ';')
            {
                return false;
            }

            rest = rest[1..];
        }
    }

    private static bool TryReadPair(ref ReadOnlySpan<char> rest, ref Hop hop)
    {
        var equals = rest.IndexOf('=');
        if (equals < 0 || !HttpCharacters.IsToken(rest[..equals]))
        {
            return false;
        }

        var name = rest[..equals];
        rest = rest[(equals + 1)..];
        if (!TryReadValue(ref rest, out var value))
        {
            return false;
        }

        if (name.Equals("for", StringComparison.OrdinalIgnoreCase))
        {
            if (hop.HasNode || !TryParseNode(value, allowsBareIPv6: false, out var node))
            {
                return false;
            }

            (hop.HasNode, hop.Node) = (true, node);
            return true;
        }

        if (name.Equals("proto", StringComparison.OrdinalIgnoreCase))
        {
            return hop.Scheme is null && TryParseScheme(value, ref hop);
        }

        return !name.Equals("host", StringComparison.OrdinalIgnoreCase) || (hop.Host is null && TryParseHost(value, ref hop));
    }

    private static bool TryReadValue(ref ReadOnlySpan<char> rest, out string value)
    {
        value = "";
        if (rest is ['"', ..])
        {
            var text = new StringBuilder();
            for (var i = 1; i < rest.Length; i++)
            {
                switch (rest[i])
                {
                    case '"':
                        value = text.ToString();
                        rest = rest[(i + 1)..];
                        return true;
                    case '\\' when i + 1 < rest.Length:
                        i++;
                        break;
                }

                text.Append(rest[i]);
            }

            return false;
        }

        var end = rest.IndexOfAnyExcept(HttpCharacters.TokenChars);
        end = end < 0 ? rest.Length : end;
        value = rest[..end].ToString();
        rest = rest[end..];
        return end > 0;
    }

    // RFC 7239 §6: an address with an optional port, "unknown", or an obfuscated identifier.
    private static bool TryParseNode(string text, bool allowsBareIPv6, out IPEndPoint? node)
    {
        node = null;
        if (allowsBareIPv6 && text.AsSpan().Count(':') > 1 && text[0] != '[')
        {
            return TryParseIPv6(text, out var bare) && TryMakeNode(bare, "", out node);
        }

        var nameEnd = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':');
        var name = nameEnd < 0 ? text.AsSpan() : text.AsSpan(0, nameEnd);
        var port = text.AsSpan(name.Length);
        if (name is ['[', .. var literal, ']'])
        {
            return TryParseIPv6(literal, out var address) && TryMakeNode(address, port, out node);
        }

        if (name.Equals("unknown", StringComparison.OrdinalIgnoreCase) || IsHidden(name))
        {
            return IsPort(port, out _) || (port is [':', ..] && IsHidden(port[1..]));
        }

        return TryParseIPv4(name, out var ipv4) && TryMakeNode(ipv4, port, out node);
    }

    private static bool TryMakeNode(IPAddress address, ReadOnlySpan<char> portText, out IPEndPoint? node)
    {
        node = null;
        if (!IsPort(portText, out var port) && !(portText is [':', ..] && IsHidden(portText[1..])))
        {
            return false;
        }

        node = new IPEndPoint(address, port);
        return true;
    }

    private static bool IsHidden(ReadOnlySpan<char> name)
    {
        if (name is not ['_', _, ..])
        {
            return false;
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        return text.IsEmpty
            || (text[0] == ':' && ushort.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && (port = number) >= 0);
    }

    // The platform also accepts 127.1 and 0x7F000001 as addresses.
    private static bool TryParseIPv4(ReadOnlySpan<char> text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && !text.Contains(':') && text.Equals(address.ToString(), StringComparison.Ordinal);

    private static bool TryParseIPv6(ReadOnlySpan<char> text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) && text.Contains(':') && !text.ContainsAny("%[]/");

    private static bool TryParseScheme(string text, ref Hop hop)
    {
        hop.Scheme = HttpSchemes.Find(text);
        return hop.Scheme is not null;
    }

    private static bool TryParseHost(string text, ref Hop hop)
    {
        hop.Host = text;
        return Ascii.IsValid(text) && HostSyntax.IsValid(Encoding.ASCII.GetBytes(text));
    }

    private struct Hop
    {
        public bool HasNode;
        public IPEndPoint? Node;
        public string? Scheme;
        public string? Host;
    }
}
