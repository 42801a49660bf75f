namespace UpgradeProtocols;

/// <summary>Which hosts requests may be for, against DNS rebinding: a foreign name that resolves to this server is refused.</summary>
internal sealed class HostPolicy(IReadOnlyList<string> allowed)
{
    /// <summary>Whether nobody has to look at a request's host.</summary>
    public bool AllowsAll => allowed.Count == 0;

    public bool Allows(string host)
    {
        if (AllowsAll)
        {
            return true;
        }

        var colon = host.LastIndexOf(':');
        var name = colon > host.LastIndexOf(']') ? host.AsSpan(0, colon) : host;
        foreach (var pattern in allowed)
        {
            var matches = pattern.StartsWith("*.", StringComparison.Ordinal)
                ? name.EndsWith(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase)
                : name.Equals(pattern, StringComparison.OrdinalIgnoreCase);
            if (matches || pattern == "*")
            {
                return true;
            }
        }

        return false;
    }
}
