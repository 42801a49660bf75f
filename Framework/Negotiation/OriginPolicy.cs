namespace UpgradeProtocols;

/// <summary>The pages that may connect (S7): those of the server's own origin, and those of the allowed origins.</summary>
/// <param name="compareScheme">Whether a page of the server's own origin must also have the request's scheme.</param>
/// <param name="allowed">The allowed origins if the protocol declares none.</param>
internal sealed class OriginPolicy(bool compareScheme, IReadOnlyList<OriginPattern> allowed)
{
    /// <param name="request">The request.</param>
    /// <param name="origin">Its Origin header; a client without one isn't a browser, and is allowed.</param>
    /// <param name="ofProtocol">The origins that the protocol allows; null if it declares none.</param>
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

    // TLS often ends before the server: by default the scheme isn't compared, and a Host without a port gets the default port of the page's
    // scheme.
    private bool IsSame(UpgradeRequest request, Origin page) =>
        Origin.TryCreate(compareScheme ? request.Scheme : page.Scheme, request.Host, out var own) && own == page;
}
