using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Checks at application start that the configured protocols and routes have a server that listens.</summary>
internal sealed class ListenCheck(
    UpgradeEngine engine,
    ProtocolCollection protocols,
    IServiceProviderIsService services,
    ILogger<UpgradeServer> logger) : IHostedLifecycleService
{
    private const string Advice =
        "Call Listen(\"http://localhost:5080\") on the result of AddUpgradeProtocols(). After that, --urls, ASPNETCORE_URLS or Kestrel:Endpoints can replace the address.";

    private bool IsListening => services.IsService(typeof(IUpgradeServer));

    // ASP.NET Core's own server, which may serve the protocols as endpoints.
    private bool IsWebApplication => services.IsService(typeof(IServer));

    private bool HasRoutes => protocols.RegularRoutes.Count > 0;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (IsListening || IsWebApplication)
        {
            return Task.CompletedTask;
        }

        if (HasRoutes)
        {
            throw new InvalidOperationException($"MapGet(…), Map(…) and MapFile(…) need the lightweight server, which wasn't started. {Advice}");
        }

        if (services.IsService(typeof(IConnectionListenerFactory)))
        {
            throw new InvalidOperationException($"UseEpoll() needs the lightweight server, which wasn't started. {Advice}");
        }

        // A node that only sends to connections of other nodes has a backplane and doesn't listen.
        if (protocols.Included.Any() && !services.IsService(typeof(IBackplane)))
        {
            HostingLog.NothingListens(logger, Advice);
        }

        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!IsListening && !engine.HasEndpoint && HasRoutes)
        {
            HostingLog.RoutesUnreachable(logger);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
