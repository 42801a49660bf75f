using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace UpgradeProtocols;

/// <summary>
/// Replaces an authentication redirect with 401 or 403 for upgrade requests: a WebSocket client can't follow a redirect to a login page.
/// </summary>
internal static class LoginRedirect
{
    /// <summary>Disables redirects in the cookie scheme. Other schemes and an application's own events don't check it.</summary>
    public static object Disabled { get; } = new DisabledMark();

    /// <summary>Replaces a redirect to a page, unless the endpoint's conventions request it.</summary>
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
            // The scheme's cookie remembers the login that it began. The login never continues, and each attempt would leave another
            // cookie.
            response.Headers.Remove("Set-Cookie");
        }
    }

    // A redirect to the same path, on https or on another host, isn't a login page, and some clients follow it.
    private static bool LeadsToItself(HttpRequest request, string location) =>
        Uri.TryCreate(new Uri("http://localhost"), location, out var target)
        && target.AbsolutePath.Equals((request.PathBase + request.Path).ToUriComponent(), StringComparison.OrdinalIgnoreCase);

    private sealed class DisabledMark : IDisableCookieRedirectMetadata;
}
