namespace UpgradeProtocols;

/// <summary>
/// The hosts that requests may name. This prevents DNS rebinding: a foreign name that resolves to this server is refused.
/// </summary>
internal sealed class HostPolicy
{
    private readonly HostPattern[] _allowed;

    /// <exception cref="FormatException">A text isn't a host.</exception>
    public HostPolicy(IEnumerable<string> allowed) =>
        _allowed = [.. allowed.Select(static text => HostPattern.TryParse(text, out var pattern)
            ? pattern
            : throw new FormatException($"AllowedHosts: {HostPattern.Problem(text)}"))];

    /// <summary>Whether all hosts are allowed, so that no check of the request's host is needed.</summary>
    public bool AllowsAll => _allowed.Length == 0;

    public bool Allows(string host)
    {
        if (AllowsAll)
        {
            return true;
        }

        var colon = host.LastIndexOf(':');
        var name = HostName.Of(colon > host.LastIndexOf(']') ? host[..colon] : host);
        foreach (var pattern in _allowed)
        {
            if (pattern.Matches(name))
            {
                return true;
            }
        }

        return false;
    }
}
