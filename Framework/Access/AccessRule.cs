using System.ComponentModel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// An authorization rule: the requirements of <c>[Authorize]</c> and similar attributes on a handler class or a message method.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class AccessRule
{
    private readonly IAuthorizeData[] _data;
    private readonly IAuthorizationRequirementData[] _requirements;

    /// <summary>Combines attributes: all of them must be satisfied. Called by generated code.</summary>
    /// <param name="attributes">The attributes.</param>
    public AccessRule(params object[] attributes)
    {
        _data = [.. attributes.OfType<IAuthorizeData>()];
        _requirements = [.. attributes.OfType<IAuthorizationRequirementData>()];
    }

    /// <summary>The rule of a handler class; null where the class has none and any user is allowed.</summary>
    internal static AccessRule? Of(Type handlerType)
    {
        var attributes = handlerType.GetCustomAttributes(inherit: true);
        var isGuarded = attributes.Any(static attribute => attribute is IAuthorizeData or IAuthorizationRequirementData)
            && !attributes.Any(static attribute => attribute is IAllowAnonymous);
        return isGuarded ? new AccessRule(attributes) : null;
    }

    /// <summary>Whether the rule allows the connection's user at this moment.</summary>
    /// <exception cref="InvalidOperationException">A policy that the rule names isn't registered.</exception>
    internal async ValueTask<bool> AllowsAsync(UpgradeConnection connection)
    {
        var user = connection.User;
        var services = AccessServices.Of(connection);
        var policy = await PolicyAsync(connection.Hub, services.GetRequiredService<IAuthorizationPolicyProvider>());
        var result = await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(user, connection, policy.Requirements);
        return result.Succeeded;
    }

    private async ValueTask<AuthorizationPolicy> PolicyAsync(ConnectionHub hub, IAuthorizationPolicyProvider provider)
    {
        if (hub.Policies.TryGetValue(this, out var known))
        {
            return known;
        }

        var builder = new AuthorizationPolicyBuilder();
        builder.AddRequirements([.. _requirements.SelectMany(static data => data.GetRequirements())]);
        if (_data.Length > 0 && await AuthorizationPolicy.CombineAsync(provider, _data) is { } combined)
        {
            builder.Combine(combined);
        }

        var policy = builder.Build();
        if (provider.AllowsCachingPolicies)
        {
            hub.Policies.TryAdd(this, policy);
        }

        return policy;
    }
}

/// <summary>
/// Evaluates policies: with the application's authorization services, or with default services that have no named policies.
/// </summary>
internal static class AccessServices
{
    private static readonly Lazy<ServiceProvider> s_plain = new(static () =>
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddAuthorizationCore();
        return services.BuildServiceProvider();
    });

    public static IServiceProvider Of(UpgradeConnection connection) => Of(connection.Services);

    public static IServiceProvider Of(IServiceProvider services) =>
        services.GetService<IAuthorizationService>() is null ? s_plain.Value : services;
}
