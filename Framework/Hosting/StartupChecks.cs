using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Compares the options with the limits of the machine and the host, before the server listens.</summary>
internal sealed class StartupChecks(
    UpgradeEngine engine,
    DescriptorSource descriptors,
    IEnumerable<IConnectionListenerFactory> transports,
    IOptions<HostOptions> host,
    ILogger<UpgradeEngine> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (engine.Options.DrainTimeout > host.Value.ShutdownTimeout)
        {
            HostingLog.DrainTooLong(logger, engine.Options.DrainTimeout.TotalSeconds, host.Value.ShutdownTimeout.TotalSeconds);
        }

        if (descriptors.Read() is { } budget)
        {
            Apply(budget);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Apply(DescriptorBudget budget)
    {
        engine.LimitByDescriptors(budget);

        // The limit also applies to a transport of ASP.NET Core's own server.
        foreach (var bounded in transports.OfType<IBoundedTransport>())
        {
            bounded.MaxOpenConnections = budget.Connections;
        }

        if (engine.Options.MaxConnections is not { } max)
        {
            HostingLog.ConnectionsByDescriptors(logger, budget.Served, budget.Limit);
        }
        else if (max > budget.Served)
        {
            HostingLog.TooFewDescriptors(logger, max, budget.Limit, budget.Served);
        }
    }
}

/// <summary>Reads the limit of open files; a test replaces it.</summary>
internal class DescriptorSource
{
    public virtual DescriptorBudget? Read() => DescriptorBudget.Read();
}
