using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace UpgradeProtocols;

/// <summary>
/// Where a page would be sent to log in, or to read that it may not, the client of an upgrade is told 401 or 403: it can't follow.
/// </summary>
internal static class LoginRedirect
{
    /// <summary>Says so to the cookie scheme. Others, and an application's own events, don't ask.</summary>
    public static object Disabled { get; } = new DisabledMark();

    /// <summary>Replaces a redirect to a page, unless the endpoint's conventions ask for it.</summary>
    public static void Replace(HttpContext context, MappedEndpoint endpoint)
    {
        var response = context.Response;
        if (response.StatusCode is not (StatusCodes.Status302Found or StatusCodes.Status303SeeOther)
            || context.GetEndpoint()?.Metadata is not { } metadata
            || metadata.GetMetadata<MappedEndpoint>() != endpoint
            || metadata.GetMetadata<IAllowCookieRedirectMetadata>() is not null
            || LeadsToItself(context.Request, response.Headers.Location.ToString()))
        {
            return;
        }

        var isKnown = context.User.Identity is { IsAuthenticated: true };
        response.StatusCode = isKnown ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized;
        response.Headers.Remove("Location");
        if (!isKnown)
        {
            // What a scheme remembers of a login that it has begun: nobody goes on with it, and each attempt would leave more.
            response.Headers.Remove("Set-Cookie");
        }
    }

    // To https, or to another host: no page, and some clients follow.
    private static bool LeadsToItself(HttpRequest request, string location) =>
        Uri.TryCreate(new Uri("http://localhost"), location, out var target)
        && target.AbsolutePath.Equals((request.PathBase + request.Path).ToUriComponent(), StringComparison.OrdinalIgnoreCase);

    private sealed class DisabledMark : IDisableCookieRedirectMetadata;
}
