using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>Checks that authorization runs for each mapped endpoint that requires it, by its handler or by a convention.</summary>
internal static class MappedAccess
{
    // The authorization middleware sets this key in each request that it has processed; ASP.NET Core's endpoints check it as well.
    private const string AskedKey = "__AuthorizationMiddlewareWithEndpointInvoked";

    /// <exception cref="InvalidOperationException">
    /// The endpoint requires authorization, and the authorization services aren't registered.
    /// </exception>
    public static void Check(EndpointBuilder endpoint)
    {
        if (IsGuarded(endpoint.Metadata) && endpoint.ApplicationServices.GetService<IPolicyEvaluator>() is null)
        {
            throw new InvalidOperationException(
                $"{endpoint.DisplayName} requires authorization, by an attribute of its handler class or a convention, and there are no authorization services: call builder.Services.AddAuthorization().");
        }
    }

    /// <summary>
    /// Whether a request to a protected endpoint hasn't passed the authorization middleware. For <see cref="IAuthorizeData"/>, ASP.NET Core
    /// has already thrown; it doesn't check other requirements without that middleware.
    /// </summary>
    public static bool IsUnasked(HttpContext context) =>
        context.GetEndpoint()?.Metadata is { } metadata && !context.Items.ContainsKey(AskedKey) && IsGuarded(metadata);

    private static bool IsGuarded(IEnumerable<object> metadata)
    {
        var isGuarded = false;
        foreach (var item in metadata)
        {
            if (item is IAllowAnonymous)
            {
                return false;
            }

            isGuarded |= item is IAuthorizeData or IAuthorizationRequirementData or AuthorizationPolicy;
        }

        return isGuarded;
    }
}
