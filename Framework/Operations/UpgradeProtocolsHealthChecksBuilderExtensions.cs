using Microsoft.Extensions.Diagnostics.HealthChecks;
using UpgradeProtocols;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check of upgraded connections.</summary>
public static class UpgradeProtocolsHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that is healthy while connections are accepted. It is <see cref="HealthStatus.Degraded"/> while the number of
    /// connections is at <see cref="UpgradeOptions.MaxConnections"/>, and while the backplane is disconnected, with the reason. It fails
    /// before the lightweight server listens and from the moment the application begins to stop, so that a load balancer sends new clients
    /// elsewhere. Its data are the number of connections, the number of ended connections whose handlers still run, whether the server
    /// drains, the lightweight server's addresses, and the backplane's status.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="name">The check's name; <c>upgrade-protocols</c> by default.</param>
    /// <param name="failureStatus">The status of a failure; <see cref="HealthStatus.Unhealthy"/> if <see langword="null"/>.</param>
    /// <param name="tags">Tags that select checks, such as <c>ready</c>.</param>
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
