using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Runs the engine on Kestrel's transport, as a hosted service.</summary>
internal sealed class UpgradeServer(
    UpgradeEngine engine,
    ProtocolCollection protocols,
    UpgradeDrain drain,
    IConfiguration configuration,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers,
    IEnumerable<IConnectionListenerFactory> transports,
    ILogger<UpgradeServer> logger) : IHostedService, IUpgradeServer, IAsyncDisposable
{
    private ServiceProvider? _kestrel;
    private IServer? _server;
    private CancellationTokenRegistration _stopping;

    public IReadOnlyCollection<string> Addresses { get; private set; } = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _kestrel = KestrelTransport.Build(engine, protocols.Urls, configuration, environment, loggers, transports);
        _server = _kestrel.GetRequiredService<IServer>();
        await _server.StartAsync(new NoHttpApplication(), cancellationToken);
        // Other hosted services may take a while before this one stops: no connection is upgraded meanwhile.
        _stopping = lifetime.ApplicationStopping.Register(static engine => ((UpgradeEngine)engine!).IsStopping = true, engine);
        Addresses = [.. _server.Features.Get<IServerAddressesFeature>()!.Addresses];
        foreach (var address in Addresses)
        {
            HostingLog.Listening(logger, address);
        }

        if (protocols.Entries.Count == 0 && protocols.RegularRoutes.Count == 0)
        {
            HostingLog.NothingDeclared(logger);
        }
    }

    /// <summary>W10: no new upgrades, Close 1001 to all connections, and time to end; then the remaining connections are aborted.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is null)
        {
            return;
        }

        await drain.StoppingAsync(cancellationToken);

        // All servers share one deadline: the remaining connections have already used it.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, drain.Deadline);
        await _server.StopAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.DisposeAsync();
        if (_kestrel is { } kestrel)
        {
            await kestrel.DisposeAsync();
        }
    }
}
