namespace UpgradeProtocols;

/// <summary>Which pages may connect (S7): those of the server's own origin, and those that are allowed.</summary>
/// <param name="compareScheme">Whether an own page has the request's scheme too.</param>
/// <param name="allowed">What is allowed where the protocol doesn't say.</param>
internal sealed class OriginPolicy(bool compareScheme, IReadOnlyList<OriginPattern> allowed)
{
    /// <param name="request">The request.</param>
    /// <param name="origin">Its Origin field; a client without one isn't a browser, and is allowed.</param>
    /// <param name="ofProtocol">What the protocol allows, if it says so.</param>
    public bool Allows(UpgradeRequest request, string origin, IReadOnlyList<OriginPattern>? ofProtocol)
    {
        Origin? parsed = Origin.TryParse(origin, out var value) ? value : null;
        if (parsed is { } page && IsSame(request, page))
        {
            return true;
        }

        foreach (var pattern in ofProtocol ?? allowed)
        {
            if (pattern.Matches(parsed))
            {
                return true;
            }
        }

        return false;
    }

    // TLS often ends before the server: by default the scheme isn't compared, and a Host without a port has the page's default.
    private bool IsSame(UpgradeRequest request, Origin page) =>
        Origin.TryCreate(compareScheme ? request.Scheme : page.Scheme, request.Host, out var own) && own == page;
}
