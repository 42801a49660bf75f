using Microsoft.Extensions.Diagnostics.HealthChecks;
using UpgradeProtocols;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of upgraded connections.</summary>
public static class UpgradeProtocolsHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that is healthy while connections are taken; <see cref="HealthStatus.Degraded"/> when there are as many as
    /// <see cref="UpgradeOptions.MaxConnections"/>, and while the backplane is away, with the reason; and failed before the lightweight server
    /// listens and from the moment the application begins to stop, so that a load balancer sends new clients elsewhere. Its data are the
    /// number of connections, that of ended ones whose handlers still run, whether it drains, the lightweight server's addresses, and how the
    /// backplane is.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">The check's name; <c>upgrade-protocols</c> by default.</param>
    /// <param name="failureStatus">What a failure is; <see cref="HealthStatus.Unhealthy"/> when <see langword="null"/>.</param>
    /// <param name="tags">Tags by which checks are chosen, such as <c>ready</c>.</param>
    /// <returns>The builder.</returns>
    public static IHealthChecksBuilder AddUpgradeProtocols(
        this IHealthChecksBuilder builder,
        string name = "upgrade-protocols",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            static provider => new UpgradeHealthCheck(provider.GetRequiredService<UpgradeEngine>(), provider.GetService<IUpgradeServer>()),
            failureStatus,
            tags));
    }
}
