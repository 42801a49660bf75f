using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Tests.EndToEnd;
using UpgradeProtocols.Tests.Transport;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>A server that clients reach by a proxy.</summary>
public abstract class ProxiedServer<TServer> : HostedServer
    where TServer : HostedServer, new()
{
    protected TServer Inner { get; } = new();

    public override IServiceProvider Services => Inner.Services;

    public override Task StopAsync() => Inner.StopAsync();

    protected override IHost Build() => throw new NotSupportedException();

    protected override Uri AddressOf(IHost host) => throw new NotSupportedException();
}

/// <summary>Behind YARP, in this process.</summary>
public sealed class YarpServer<TServer> : ProxiedServer<TServer>
    where TServer : HostedServer, new()
{
    private WebApplication? _proxy;

    public override async ValueTask InitializeAsync()
    {
        await Inner.InitializeAsync();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "server", Match = new() { Path = "{**path}" } }.WithTransformUseOriginalHostHeader()],
            [new ClusterConfig { ClusterId = "server", Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = $"http://{Inner.Address.Authority}" } } }]);
        _proxy = builder.Build();
        _proxy.MapReverseProxy();
        await _proxy.StartAsync();
        Address = WebSocket(Assert.Single(_proxy.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Inner.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }
}

/// <summary>Behind nginx, as a process of its own; without one the tests are skipped.</summary>
public sealed class NginxServer<TServer> : ProxiedServer<TServer>
    where TServer : HostedServer, new()
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nginx-").FullName;
    private Process? _nginx;

    public override async ValueTask InitializeAsync()
    {
        await Inner.InitializeAsync();
        if ((Programs.Find("nginx") ?? (File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : null)) is not { } program)
        {
            Missing = "nginx is not installed.";
            return;
        }

        // nginx takes no port 0; another program may take the one that was free a moment ago.
        for (var attempt = 0; Address is null; attempt++)
        {
            var port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), Configuration(port));
            _nginx = Process.Start(new ProcessStartInfo(program, ["-p", _folder, "-c", "nginx.conf", "-e", "stderr"]) { RedirectStandardError = true })!;
            await Eventually.TrueAsync(() => _nginx.HasExited || IsListening(port), "nginx listens or has ended");
            if (!_nginx.HasExited)
            {
                Address = new Uri($"ws://127.0.0.1:{port}");
            }
            else if (attempt == 5)
            {
                throw new InvalidOperationException(await _nginx.StandardError.ReadToEndAsync());
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Inner.DisposeAsync();
        if (_nginx is { HasExited: false })
        {
            _nginx.Kill();
            await _nginx.WaitForExitAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string Configuration(int port) => $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        events {}
        http {
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
            map $http_upgrade $connection_upgrade { default upgrade; '' close; }
            server {
                listen 127.0.0.1:{{port}};
                location / {
                    proxy_pass http://{{Inner.Address.Authority}};
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    proxy_set_header Host $http_host;
                    proxy_read_timeout 1h;
                }
            }
        }
        """;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsListening(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
