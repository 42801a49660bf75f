using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Shows developers the upgrade protocols of an ASP.NET Core application on a separate page.</summary>
public static class UpgradeProtocolsExplorerEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the explorer: a page that lists the protocols with their paths and messages, shows the live connections and the recent refusals
    /// with their explanations, and lets a person connect and send messages. In the environment Production nothing is mapped unless
    /// <paramref name="inProduction"/> is <see langword="true"/>. The page shows users' names and addresses, so protect it there
    /// (<c>RequireAuthorization</c>). It responds only to pages of its own origin.
    /// </summary>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="pattern">The page's path; <c>/upgrade-protocols</c> by default.</param>
    /// <param name="inProduction">Whether the page is mapped in Production too; <see langword="false"/> by default.</param>
    /// <returns>A builder that adds conventions to its endpoints.</returns>
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

        // The web host's environment comes first: app.Environment returns the same.
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
