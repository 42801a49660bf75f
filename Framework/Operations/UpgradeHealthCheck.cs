using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace UpgradeProtocols;

/// <summary>Whether the server takes connections: it listens, isn't stopping, and has room.</summary>
internal sealed class UpgradeHealthCheck(UpgradeEngine engine, IUpgradeServer? server = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["connections"] = engine.Hub.Count,
            ["draining"] = engine.IsStopping,
        };
        if (server is not null)
        {
            data["addresses"] = server.Addresses;
        }

        return Task.FromResult(Judge(context.Registration.FailureStatus, data));
    }

    private HealthCheckResult Judge(HealthStatus failure, Dictionary<string, object> data)
    {
        if (engine.IsStopping)
        {
            return new HealthCheckResult(failure, $"Draining: {engine.Hub.Count} connections are left.", data: data);
        }

        if (server is { Addresses.Count: 0 })
        {
            return new HealthCheckResult(failure, "Not listening yet.", data: data);
        }

        return engine.Connections.IsFull
            ? HealthCheckResult.Degraded("There are as many connections as may be (MaxConnections).", data: data)
            : HealthCheckResult.Healthy($"{engine.Hub.Count} connections.", data);
    }
}
