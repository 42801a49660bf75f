using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols;

/// <summary>When the login ends that ASP.NET Core's authentication has found.</summary>
internal static class MappedLogin
{
    // What the authorization middleware calls a user whom no scheme of its own has found.
    private const string SomebodySetIt = "context.User";

    /// <summary>What the scheme says; null where none says anything.</summary>
    public static async ValueTask<DateTimeOffset?> EndOfAsync(HttpContext context)
    {
        var result = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult;
        if (LoginEnd.Of(result?.Properties) is { } end)
        {
            return end;
        }

        // A middleware that adds a claim sets another user, and what the scheme has said is lost with the one before. The scheme remembers.
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
