using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>Whether somebody asks who may, where a mapped handler or a convention of its endpoint says so.</summary>
internal static class MappedAccess
{
    // The middleware leaves it in each request that it has looked at; ASP.NET Core's endpoints look for it as well.
    private const string AskedKey = "__AuthorizationMiddlewareWithEndpointInvoked";

    /// <exception cref="InvalidOperationException">There are no services that could ask.</exception>
    public static void Check(EndpointBuilder endpoint)
    {
        if (IsGuarded(endpoint.Metadata) && endpoint.ApplicationServices.GetService<IPolicyEvaluator>() is null)
        {
            throw new InvalidOperationException(
                $"{endpoint.DisplayName} requires authorization, by an attribute of its handler class or a convention, and there are no authorization services: call builder.Services.AddAuthorization().");
        }
    }

    /// <summary>
    /// Whether a guarded request has come past the authorization middleware. Where an <see cref="IAuthorizeData"/> guards it, ASP.NET Core has
    /// thrown before; of other requirements it knows nothing without that middleware.
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
