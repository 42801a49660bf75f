using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>An origin that may connect: <c>*</c>, <c>https://app.example[:port]</c>, or <c>https://*.example</c> for its subdomains.</summary>
internal sealed class OriginPattern
{
    private readonly bool _isAny;
    private readonly bool _hasWildcard;
    private readonly Origin _origin;

    private OriginPattern(bool isAny, bool hasWildcard, Origin origin)
    {
        _isAny = isAny;
        _hasWildcard = hasWildcard;
        _origin = origin;
    }

    /// <exception cref="FormatException">One of them isn't an origin.</exception>
    public static IReadOnlyList<OriginPattern> ParseAll(IEnumerable<string> texts) =>
    [
        .. texts.Select(static text => TryParse(text, out var pattern)
            ? pattern
            : throw new FormatException($"'{text}' is not an origin. Write scheme://host[:port], scheme://*.domain, or *.")),
    ];

    public static bool TryParse(string text, [NotNullWhen(true)] out OriginPattern? pattern)
    {
        pattern = null;
        if (text == "*")
        {
            pattern = new OriginPattern(true, false, default);
            return true;
        }

        var hasWildcard = text.Contains("://*.", StringComparison.Ordinal);
        if (!Origin.TryParse(hasWildcard ? text.Replace("://*.", "://", StringComparison.Ordinal) : text, out var origin))
        {
            return false;
        }

        pattern = new OriginPattern(false, hasWildcard, origin);
        return true;
    }

    /// <param name="origin">The Origin field's value, or null where it isn't an origin ("null" of a sandboxed page).</param>
    public bool Matches(Origin? origin)
    {
        if (_isAny)
        {
            return true;
        }

        return origin is { } candidate
            && candidate.Scheme == _origin.Scheme
            && candidate.Port == _origin.Port
            && (_hasWildcard
                ? candidate.Host.EndsWith("." + _origin.Host, StringComparison.Ordinal)
                : candidate.Host == _origin.Host);
    }
}
