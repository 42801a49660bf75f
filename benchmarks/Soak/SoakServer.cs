using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Soak;

/// <summary>The server, in the same process as its clients, so that one measurement of the process shows the leaks of both.</summary>
internal sealed class SoakServer : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Alarms _alarms;

    private SoakServer(IHost host, Alarms alarms, Uri address)
    {
        _host = host;
        _alarms = alarms;
        Address = address;
    }

    public Uri Address { get; }

    public Lives Lives => _host.Services.GetRequiredService<Lives>();

    public Tunnels Tunnels => _host.Services.GetRequiredService<Tunnels>();

    public int OpenConnections => _host.Services.GetRequiredService<IConnections>().Count;

    /// <summary>The logged warnings and errors. No peer may cause one.</summary>
    public IReadOnlyCollection<string> Alarms => _alarms.Lines;

    public IClients<ITicks> Ticks => _host.Services.GetRequiredService<IClients<ITicks>>();

    public static async Task<SoakServer> StartAsync(bool onEpoll)
    {
        var alarms = new Alarms();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(alarms);
        builder.Services.AddSingleton<Lives>();
        builder.Services.AddSingleton(new Tunnels(survivesDisposal: onEpoll));
        var protocols = builder.Services.AddUpgradeProtocols().Listen("http://127.0.0.1:0").Configure(static options =>
        {
            // On a busy machine, the server must not treat a good client as a silent one.
            options.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            options.WriteTimeout = TimeSpan.FromSeconds(60);
        }).MapGet("/", static _ => Results.Text("hello\n"));
        if (onEpoll)
        {
            protocols.UseEpoll();
        }

        var host = builder.Build();
        await host.StartAsync();
        return new SoakServer(host, alarms, new Uri(host.Services.GetRequiredService<IUpgradeServer>().Addresses.Single()));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

internal sealed class Alarms(ConcurrentQueue<string> lines, LogLevel least) : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = lines;

    public Alarms()
        : this([], LogLevel.Warning)
    {
    }

    public IReadOnlyCollection<string> Lines => _lines;

    // Kestrel's warnings concern the machine (a late heartbeat); its errors concern this framework.
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Microsoft.", StringComparison.Ordinal) ? new Alarms(_lines, LogLevel.Error) : this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && exception is not TunnelException)
        {
            _lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        }
    }
}
