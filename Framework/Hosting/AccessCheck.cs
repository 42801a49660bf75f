using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Checks at application start that every access rule can be evaluated. A missing policy or scheme would fail only at the first client, and
/// a requirement without authorization services would be ignored.
/// </summary>
internal sealed class AccessCheck(UpgradeEngine engine, ProtocolCollection protocols, IServiceProvider services) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) =>
        services.GetService<IUpgradeServer>() is null ? Task.CompletedTask : CheckLightweightAsync();

    // The application's endpoints are known only after its server has started. The same holds for Kestrel endpoints that use the
    // lightweight server.
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (engine.HasEndpoint && services.GetService<IUpgradeServer>() is null)
        {
            await CheckLightweightAsync();
        }

        foreach (var endpoint in engine.IsMapped ? services.GetService<EndpointDataSource>()?.Endpoints ?? [] : [])
        {
            if (endpoint.Metadata.GetMetadata<MappedEndpoint>() is { } mapped)
            {
                await CheckAsync(endpoint.DisplayName ?? mapped.HandlerType.Name, endpoint.Metadata);
                await CheckMethodsAsync(mapped.HandlerType);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CheckLightweightAsync()
    {
        foreach (var handler in protocols.Included.Select(static entry => entry.HandlerType).Distinct())
        {
            await CheckAsync(handler.Name, handler.GetCustomAttributes(inherit: true));
            await CheckMethodsAsync(handler);
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Generated code calls the methods by name: what was trimmed away isn't called.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The same.")]
    private async Task CheckMethodsAsync(Type handler)
    {
        foreach (var method in handler.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        {
            await CheckAsync($"{handler.Name}.{method.Name}", method.GetCustomAttributes(inherit: true));
        }
    }

    private async Task CheckAsync(string who, IEnumerable<object> metadata)
    {
        var items = metadata.ToArray();
        if (items.OfType<IAllowAnonymous>().Any())
        {
            return;
        }

        foreach (var data in items.OfType<IAuthorizeData>())
        {
            await CheckPolicyAsync(who, data.Policy);
            await CheckSchemesAsync(who, data.AuthenticationSchemes?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }

        foreach (var policy in items.OfType<AuthorizationPolicy>())
        {
            await CheckSchemesAsync(who, policy.AuthenticationSchemes);
        }
    }

    private async Task CheckPolicyAsync(string who, string? name)
    {
        // A provider that creates policies for each request doesn't have to know them now.
        if (string.IsNullOrWhiteSpace(name)
            || AccessServices.Of(services).GetService<IAuthorizationPolicyProvider>() is not { AllowsCachingPolicies: true } provider)
        {
            return;
        }

        var policy = await provider.GetPolicyAsync(name) ?? throw new InvalidOperationException(
            $"{who} asks for the policy '{name}', which isn't there: add it by AddAuthorization(options => options.AddPolicy(\"{name}\", …)).");
        await CheckSchemesAsync(who, policy.AuthenticationSchemes);
    }

    private async Task CheckSchemesAsync(string who, IEnumerable<string>? names)
    {
        var schemes = services.GetService<IAuthenticationSchemeProvider>();
        foreach (var name in names ?? [])
        {
            if (schemes is null || await schemes.GetSchemeAsync(name) is null)
            {
                throw new InvalidOperationException(
                    $"{who} asks for the authentication scheme '{name}', which isn't there: add it by AddAuthentication(), or take AuthenticationSchemes away. The lightweight server has none: there options.Authenticate says who it is.");
            }
        }
    }
}
