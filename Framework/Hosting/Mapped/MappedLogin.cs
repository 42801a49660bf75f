using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>Finds the time when a login of ASP.NET Core's authentication expires.</summary>
internal static class MappedLogin
{
    // The scheme name that the authorization middleware gives to a user that none of its schemes has authenticated.
    private const string SomebodySetIt = "context.User";

    /// <summary>The time that the authentication scheme reports; null if no scheme reports one.</summary>
    public static async ValueTask<DateTimeOffset?> EndOfAsync(HttpContext context)
    {
        var result = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult;
        if (LoginEnd.Of(result?.Properties) is { } end)
        {
            return end;
        }

        // A middleware that adds a claim replaces the user and loses the properties of the scheme's result. The scheme itself still has
        // them.
        var isFromScheme = result is { Ticket.AuthenticationScheme: not SomebodySetIt };
        return isFromScheme || context.User.Identity is not { IsAuthenticated: true } ? null : await AskAsync(context);
    }

    private static async ValueTask<DateTimeOffset?> AskAsync(HttpContext context)
    {
        var schemes = context.RequestServices.GetService<IAuthenticationSchemeProvider>();
        if (schemes is null || await schemes.GetDefaultAuthenticateSchemeAsync() is not { } scheme)
        {
            return null;
        }

        var result = await context.AuthenticateAsync(scheme.Name);
        return result.Succeeded ? LoginEnd.Of(result.Properties) : null;
    }
}
