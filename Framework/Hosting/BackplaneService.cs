using Microsoft.Extensions.Hosting;

namespace UpgradeProtocols;

/// <summary>Connects the node before its server listens, and announces its departure after the last connection has ended.</summary>
internal sealed class BackplaneService(ConnectionHub hub) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => hub.Backplane!.StartAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        hub.Backplane!.Stop();
        return hub.Backplane.Stopped;
    }
}
