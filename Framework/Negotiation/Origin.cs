using System.Buffers;
using System.Globalization;

namespace UpgradeProtocols;

/// <summary>An origin (RFC 6454 §4): scheme, host and port, in lower case and with the scheme's port where none is written.</summary>
internal readonly record struct Origin(string Scheme, string Host, int Port)
{
    private static readonly SearchValues<char> s_notInHost = SearchValues.Create("/?#@ *");

    public static bool TryParse(string text, out Origin origin)
    {
        origin = default;
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        return separator > 0 && TryCreate(text[..separator].ToLowerInvariant(), text[(separator + 3)..], out origin);
    }

    /// <summary>The origin of what is served under a Host field.</summary>
    public static bool TryCreate(string scheme, string authority, out Origin origin)
    {
        origin = default;
        var host = authority;
        var port = DefaultPort(scheme);
        var colon = authority.LastIndexOf(':');
        if (colon > authority.LastIndexOf(']'))
        {
            host = authority[..colon];
            if (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
            {
                return false;
            }
        }

        if (host.Length == 0 || host.AsSpan().ContainsAny(s_notInHost))
        {
            return false;
        }

        origin = new Origin(scheme, host.ToLowerInvariant(), port);
        return true;
    }

    // Schemes with ports of their own (RFC 6455 §3, RFC 9110 §4.2); others have none.
    private static int DefaultPort(string scheme) => scheme switch
    {
        "http" or "ws" => 80,
        "https" or "wss" => 443,
        _ => -1,
    };
}
