using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// W10, for connections of any server: when the host stops, and before any server stops, no connection is upgraded any more and the
/// existing connections are closed. A server that stops first would abort them.
/// </summary>
internal sealed class UpgradeDrain(ConnectionHub hub, ILogger<UpgradeDrain> logger) : IHostedLifecycleService, IDisposable
{
    private readonly Lock _gate = new();
    private Task? _drain;
    private CancellationTokenSource? _time;

    /// <summary>Is cancelled when the time for the connections to end is over, counted from the start of the drain.</summary>
    public CancellationToken Deadline
    {
        get
        {
            lock (_gate)
            {
                return _time?.Token ?? new CancellationToken(canceled: true);
            }
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Drains, once.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_drain is null)
            {
                _time = new CancellationTokenSource(hub.Options.DrainTimeout, hub.Clock.Time);
                _drain = DrainAsync(_time.Token, cancellationToken);
            }

            return _drain;
        }
    }

    public void Dispose() => _time?.Dispose();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(CancellationToken time, CancellationToken cancellationToken)
    {
        hub.IsStopping = true;
        HostingLog.Draining(logger, hub.Count);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, time);
        await ConnectionDrain.RunAsync(hub, deadline.Token);
    }
}
