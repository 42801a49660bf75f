using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace UpgradeProtocols;

/// <summary>Checks whether the server accepts connections: it listens, isn't stopping, has room, and reaches the other nodes.</summary>
internal sealed class UpgradeHealthCheck(UpgradeEngine engine, IUpgradeServer? server = null) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["connections"] = engine.Hub.Count,
            ["ending"] = engine.Hub.EndingCount,
            ["draining"] = engine.IsStopping,
        };
        if (server is not null)
        {
            data["addresses"] = server.Addresses;
        }

        var backplane = engine.Hub.Backplane?.Status;
        if (backplane is not null)
        {
            data["backplane"] = backplane.Problem ?? "connected";
        }

        return Task.FromResult(Judge(context.Registration.FailureStatus, backplane, data));
    }

    private HealthCheckResult Judge(HealthStatus failure, BackplaneStatus? backplane, Dictionary<string, object> data)
    {
        if (engine.IsStopping)
        {
            return new HealthCheckResult(failure, $"Draining: {engine.Hub.Count} connections are open, and {engine.Hub.EndingCount} handlers still run after their connections have ended.", data: data);
        }

        if (server is { Addresses.Count: 0 })
        {
            return new HealthCheckResult(failure, "Not listening yet.", data: data);
        }

        return engine.Connections.IsFull ? HealthCheckResult.Degraded("There are as many connections as may be (MaxConnections).", data: data)
            : backplane is { Problem: { } problem } ? HealthCheckResult.Degraded($"The backplane is disconnected: {problem}", data: data)
            : HealthCheckResult.Healthy($"{engine.Hub.Count} connections.", data);
    }
}
