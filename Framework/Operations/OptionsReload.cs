using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace UpgradeProtocols;

/// <summary>
/// Applies changes of the configuration while the server runs, if that is safe. Invalid options are logged, and the old ones stay.
/// </summary>
internal sealed class OptionsReload(
    UpgradeEngine engine,
    IOptionsFactory<UpgradeOptions> options,
    ILogger<UpgradeEngine> logger,
    IConfiguration? configuration = null) : IHostedService, IDisposable
{
    private readonly Lock _gate = new();
    private IDisposable? _registration;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registration = configuration is null ? null : ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _registration?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _registration?.Dispose();

    // This runs on the thread that has noticed the change: an exception there would end the process.
    private void Reload()
    {
        try
        {
            lock (_gate)
            {
                if (engine.TryReload(options.Create(Options.DefaultName)) is { Length: > 0 } waiting)
                {
                    HostingLog.RestartNeeded(logger, string.Join(", ", waiting));
                }
            }

            HostingLog.Reloaded(logger);
        }
        catch (Exception e)
        {
            HostingLog.ReloadFailed(logger, e);
        }
    }
}
