using System.Buffers;
using System.Globalization;

namespace UpgradeProtocols;

/// <summary>
/// An origin (RFC 6454 §4): scheme, host and port, in the canonical spelling for comparisons, with the scheme's default port if there is
/// none.
/// </summary>
internal readonly record struct Origin(string Scheme, string Host, int Port)
{
    private static readonly SearchValues<char> s_notInHost = SearchValues.Create("/?#@ *");
    private static readonly SearchValues<char> s_schemeChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+-.");

    /// <summary>An origin as a browser sends it.</summary>
    public static bool TryParse(string text, out Origin origin)
    {
        origin = default;
        return TrySplit(text, out var scheme, out var authority) && TryCreate(scheme, authority, out origin);
    }

    /// <summary>Creates the origin of a server from its Host header.</summary>
    public static bool TryCreate(string scheme, string authority, out Origin origin)
    {
        origin = default;
        if (!TrySplitPort(scheme, authority, out var host, out var port) || host.Length == 0 || host.AsSpan().ContainsAny(s_notInHost))
        {
            return false;
        }

        origin = new Origin(scheme, HostName.Of(host), port);
        return true;
    }

    /// <summary>Splits an origin into its scheme, in lower case, and the rest.</summary>
    public static bool TrySplit(string text, out string scheme, out string authority)
    {
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        scheme = separator > 0 ? text[..separator].ToLowerInvariant() : "";
        authority = separator > 0 ? text[(separator + 3)..] : "";

        // RFC 3986 §3.1.
        return scheme.Length > 0 && char.IsAsciiLetter(scheme[0]) && !scheme.AsSpan().ContainsAnyExcept(s_schemeChars);
    }

    /// <summary>
    /// Splits an authority into host and port. The port is the scheme's default if there is none, or if the text after the colon is empty.
    /// </summary>
    public static bool TrySplitPort(string scheme, string authority, out string host, out int port)
    {
        var colon = authority.LastIndexOf(':');
        var hasPort = colon > authority.LastIndexOf(']');
        host = hasPort ? authority[..colon] : authority;
        port = DefaultPort(scheme);
        return !hasPort || colon == authority.Length - 1
            || (int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue);
    }

    // Schemes with default ports (RFC 6455 §3, RFC 9110 §4.2); others have none.
    private static int DefaultPort(string scheme) => scheme switch
    {
        "http" or "ws" => 80,
        "https" or "wss" => 443,
        _ => -1,
    };
}
