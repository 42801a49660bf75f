using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// Uses Kestrel as a transport only: its sockets, TLS and configuration, with our connection handler instead of its HTTP. It lives in a
/// separate service collection, so that it doesn't interfere with the application's Kestrel.
/// </summary>
internal static class KestrelTransport
{
    public static ServiceProvider Build(
        UpgradeEngine engine,
        IReadOnlyList<string> urls,
        IConfiguration configuration,
        IHostEnvironment environment,
        ILoggerFactory loggers,
        IEnumerable<IConnectionListenerFactory> transports)
    {
        var services = new ServiceCollection();
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddOptions();
        services.AddMetrics();
        services.AddSingleton<DiagnosticSource>(static _ => new DiagnosticListener("UpgradeProtocols.Kestrel"));
        services.AddSingleton(configuration);
        services.AddSingleton(environment);
        services.AddSingleton(engine);
        new ServicesOnlyBuilder(services).UseKestrel();
        services.AddSingleton<IMemoryPoolFactory<byte>, TransportMemoryPoolFactory>();

        // Kestrel asks the last registered factory first.
        services.AddSingleton<SocketTransportFactory>();
        services.AddSingleton<IConnectionListenerFactory>(
            provider => new GatedTransport(provider.GetRequiredService<SocketTransportFactory>(), engine.Gate));
        foreach (var transport in transports)
        {
            services.AddSingleton(transport);
        }

        services.Configure<KestrelServerOptions>(options => Listen(options, urls, configuration));
        return services.BuildServiceProvider();
    }

    private static void Listen(KestrelServerOptions options, IReadOnlyList<string> urls, IConfiguration configuration)
    {
        options.AddServerHeader = false;
        var section = configuration.GetSection("Kestrel");
        var loader = options.Configure(section);
        var endpoints = section.GetSection("Endpoints").GetChildren().ToArray();
        if (endpoints.Length > 0)
        {
            foreach (var endpoint in endpoints)
            {
                loader.Endpoint(endpoint.Key, Serve);
            }

            return;
        }

        var configured = configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var url in configured is { Length: > 0 } ? configured : urls)
        {
            Bind(options, BindingAddress.Parse(url));
        }
    }

    private static void Bind(KestrelServerOptions options, BindingAddress address)
    {
        Check(address);
        if (address.IsUnixPipe)
        {
            options.ListenUnixSocket(address.UnixPipePath, Configure);
        }
        else if (IPAddress.TryParse(address.Host, out var ip))
        {
            options.Listen(ip, address.Port, Configure);
        }
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            // A free port is found on one address only; Kestrel doesn't look for a port that is free on both.
            if (address.Port == 0)
            {
                options.Listen(IPAddress.Loopback, 0, Configure);
            }
            else
            {
                options.ListenLocalhost(address.Port, Configure);
            }
        }
        else
        {
            options.ListenAnyIP(address.Port, Configure);
        }

        void Configure(ListenOptions listen)
        {
            var isTls = address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);
            ServeGated(listen, isTls ? static listen => listen.UseHttps() : null);
        }
    }

    // Kestrel would listen on such an address in another way than the application means.
    private static void Check(BindingAddress address)
    {
        if (address.Scheme.ToLowerInvariant() is not ("http" or "https"))
        {
            throw new InvalidOperationException($"'{address}' is not a listen address: use http:// for ws://, and https:// for wss://.");
        }

        if (address.IsNamedPipe)
        {
            throw new InvalidOperationException($"'{address}' is not a listen address: named pipes are not supported.");
        }

        if (address.PathBase.Length > 0)
        {
            throw new InvalidOperationException($"'{address}' has a path: set the path in the handlers' Path instead.");
        }
    }

    private static void Serve(EndpointConfiguration endpoint)
    {
        if (endpoint.ConfigSection.GetSection("Sni").GetChildren().Any())
        {
            throw new InvalidOperationException(
                $"{endpoint.ConfigSection.Path}:Sni isn't supported: give the endpoint one certificate for all its names, or each name an endpoint.");
        }

        if (endpoint is { IsHttps: true, HttpsOptions: { ServerCertificate: null, ServerCertificateSelector: null } })
        {
            throw new InvalidOperationException(
                $"{endpoint.ConfigSection.Path} is https and has no certificate: set its Certificate:Path, or Kestrel:Certificates:Default:Path.");
        }

        ServeGated(endpoint.ListenOptions, endpoint.IsHttps ? listen => listen.UseHttps(endpoint.HttpsOptions) : null);
    }

    private static void ServeGated(ListenOptions listen, Action<ListenOptions>? useTls)
    {
        var engine = listen.ApplicationServices.GetRequiredService<UpgradeEngine>();
        Serve(listen, engine, useTls, engine.Gate);
    }

    /// <summary>Adds our handler, which ends the pipeline before Kestrel's HTTP is reached; TLS comes before it.</summary>
    /// <param name="listen">The endpoint.</param>
    /// <param name="engine">Serves its connections.</param>
    /// <param name="useTls">Adds TLS; null without TLS.</param>
    /// <param name="gate">Counts the sockets when they are accepted; null if the application owns Kestrel.</param>
    public static void Serve(ListenOptions listen, UpgradeEngine engine, Action<ListenOptions>? useTls, AcceptGate? gate = null)
    {
        if (listen.SocketPath is { } path && UnixSocketFile.DeleteStale(path))
        {
            HostingLog.StaleSocket(engine.Logger, path);
        }

        listen.Protocols = HttpProtocols.Http1;
        if (useTls is null)
        {
            listen.Use(_ => new ConnectionAdmission(engine, next: null, gate).ServeAsync);
            return;
        }

        listen.Use(next => new ConnectionAdmission(engine, next, gate).ServeAsync);
        useTls(listen);
        listen.UseConnectionHandler<UpgradeConnectionHandler>();
    }

    /// <summary>The part of a web host that Kestrel's public set-up requires: access to a service collection.</summary>
    private sealed class ServicesOnlyBuilder(IServiceCollection services) : IWebHostBuilder
    {
        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(new WebHostBuilderContext(), services);
            return this;
        }

#pragma warning disable ASPDEPR008 // The interface still has it; nobody calls it here.
        public IWebHost Build() => throw new NotSupportedException();
#pragma warning restore ASPDEPR008

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}

/// <summary>A placeholder for the HTTP application that Kestrel requires; no request reaches it.</summary>
internal sealed class NoHttpApplication : IHttpApplication<object>
{
    public object CreateContext(IFeatureCollection contextFeatures) => throw new NotSupportedException();

    public Task ProcessRequestAsync(object context) => throw new NotSupportedException();

    public void DisposeContext(object context, Exception? exception)
    {
    }
}
