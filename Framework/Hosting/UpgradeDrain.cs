using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// W10, wherever the connections came from: when the host stops, and before any server of it does, nothing is upgraded any more and
/// those who are there are told. A server that stopped first would abort them.
/// </summary>
internal sealed class UpgradeDrain(ConnectionHub hub, ILogger<UpgradeDrain> logger) : IHostedLifecycleService
{
    private readonly Lock _gate = new();
    private Task? _drain;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drains, once.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _drain ??= DrainAsync(cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        hub.IsStopping = true;
        HostingLog.Draining(logger, hub.Count);
        using var timeout = new CancellationTokenSource(hub.Options.DrainTimeout, hub.Clock.Time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        await ConnectionDrain.RunAsync(hub, deadline.Token);
    }
}
