using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Shows developers the upgrade protocols of an ASP.NET Core application, on a page of its own.</summary>
public static class UpgradeProtocolsExplorerEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the explorer: a page that lists the protocols with their paths and messages, shows the live connections and the refusals of
    /// late with their explanation, and lets a person connect and send messages. In the environment Production nothing is mapped unless
    /// <paramref name="inProduction"/> says so: the page shows users' names and addresses, so guard it there
    /// (<c>RequireAuthorization</c>). It answers pages of its own origin alone.
    /// </summary>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="pattern">The page's path; <c>/upgrade-protocols</c> by default.</param>
    /// <param name="inProduction">Whether it is there in Production too; <see langword="false"/> by default.</param>
    /// <returns>What adds conventions to its endpoints.</returns>
    /// <exception cref="InvalidOperationException"><c>AddUpgradeProtocols()</c> wasn't called.</exception>
    public static IEndpointConventionBuilder MapUpgradeProtocolsExplorer(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/upgrade-protocols", bool inProduction = false)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var services = endpoints.ServiceProvider;
        var protocols = services.GetService<ProtocolCollection>()
            ?? throw new InvalidOperationException("Call builder.Services.AddUpgradeProtocols() before app.MapUpgradeProtocolsExplorer().");
        var group = endpoints.MapGroup(pattern);

        // The web's comes first: it is what app.Environment tells.
        var environment = services.GetService<IWebHostEnvironment>() ?? services.GetService<IHostEnvironment>();
        if (inProduction || environment?.IsProduction() == false)
        {
            var explorer = new ExplorerEndpoints(services.GetRequiredService<UpgradeEngine>(), protocols);
            group.MapGet("", explorer.PageAsync);
            group.MapGet("/protocols", explorer.ProtocolsAsync);
            group.MapGet("/live", explorer.LiveAsync);
        }

        return group;
    }
}
