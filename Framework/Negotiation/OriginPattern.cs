using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// A pattern for allowed origins: <c>*</c>, <c>https://app.example[:port]</c>, or <c>https://*.example</c> for its subdomains.
/// </summary>
internal sealed class OriginPattern
{
    private const string Advice = "Write scheme://host[:port], scheme://*.domain, or *, with the scheme of the page: http or https, not ws or wss.";

    private readonly string? _scheme;
    private readonly int _port;
    private readonly HostPattern? _host;
    private readonly string? _opaqueHost;

    private OriginPattern(string? scheme, int port, HostPattern? host, string? opaqueHost)
    {
        _scheme = scheme;
        _port = port;
        _host = host;
        _opaqueHost = opaqueHost;
    }

    /// <param name="texts">The origins.</param>
    /// <param name="owner">The setting that contains them, for an exception.</param>
    /// <exception cref="FormatException">A text isn't an origin.</exception>
    public static IReadOnlyList<OriginPattern> ParseAll(IEnumerable<string> texts, string owner) =>
    [
        .. texts.Select(text => TryParse(text, out var pattern) ? pattern : throw new FormatException($"{owner}: {Problem(text)}")),
    ];

    /// <summary>Describes the error of a text that isn't a pattern.</summary>
    public static string Problem(string text) => $"'{text}' is not a valid origin of a page. {Advice}";

    public static bool TryParse(string text, [NotNullWhen(true)] out OriginPattern? pattern)
    {
        pattern = null;
        if (text == "*")
        {
            pattern = new OriginPattern(null, 0, null, null);
        }
        else if (Origin.TrySplit(text, out var scheme, out var authority) && Origin.TrySplitPort(scheme, authority, out var host, out var port))
        {
            pattern = scheme switch
            {
                // No page has these schemes.
                "ws" or "wss" => null,
                "http" or "https" => host != "*" && port > 0 && HostPattern.TryParse(host, out var hosts) ? new OriginPattern(scheme, port, hosts, null) : null,
                // For a browser extension or an app's view, the host is a name in the scheme's own format.
                _ => Origin.TryCreate(scheme, authority, out var origin) ? new OriginPattern(scheme, port, null, origin.Host) : null,
            };
        }

        return pattern is not null;
    }

    /// <param name="origin">The Origin header's value; null if it isn't an origin ("null" of a sandboxed page).</param>
    public bool Matches(Origin? origin)
    {
        if (_scheme is null)
        {
            return true;
        }

        return origin is { } candidate
            && candidate.Scheme == _scheme
            && candidate.Port == _port
            && (_host?.Matches(candidate.Host) ?? candidate.Host == _opaqueHost);
    }
}
