using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Wire;

/// <summary>The server of the wire cases, with the paths that the cases use, on a real socket.</summary>
public class WireServer : IAsyncLifetime
{
    private readonly IHost _host;
    private readonly Dictionary<string, Task> _runs = [];
    private IPEndPoint? _address;

    public WireServer() => _host = Build();

    public async ValueTask InitializeAsync()
    {
        await _host.StartAsync();
        _address = IPEndPoint.Parse(Assert.Single(AddressesOf(_host))["http://".Length..]);

        // All cases run concurrently: a refused connection mostly waits for further data of the peer.
        foreach (var item in WireCase.All("handshake.jsonl").Where(Runs))
        {
            _runs.Add(item.Id, Task.Run(async () => await item.RunHandshakeAsync(await ConnectAsync())));
        }

        foreach (var item in WireCase.All("frames.jsonl").Where(Runs))
        {
            _runs.Add(item.Id, Task.Run(async () => await item.RunFramesAsync(await ConnectAsync())));
        }
    }

    protected virtual IHost Build()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        var protocols = new UpgradeProtocolsBuilder(builder.Services).Listen("http://127.0.0.1:0");
        UseTransport(protocols);
        Declare(protocols);
        return builder.Build();
    }

    protected virtual void UseTransport(UpgradeProtocolsBuilder protocols)
    {
    }

    protected virtual IEnumerable<string> AddressesOf(IHost host) => host.Services.GetRequiredService<IUpgradeServer>().Addresses;

    internal virtual bool Runs(WireCase item) => IsOverSockets(item);

    internal Task ResultAsync(string id) => _runs[id];

    // H9 needs a different clock.
    internal static bool IsOverSockets(WireCase item) => !item.Id.StartsWith("H9", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static void Declare(UpgradeProtocolsBuilder builder)
    {
        builder.Configure(options => options.Compression.MinimumSize = 0);
        var life = new TestLife();
        foreach (var path in new[] { "/echo", "/both" })
        {
            builder.AddProtocol(Echo(life, path, null, 16 << 20));
            builder.AddProtocol(Echo(life, path, "echo.v1", 16 << 20));
        }

        builder.AddProtocol(Echo(life, "/small", null, 1024));
        builder.AddProtocol(Versions(life, "chat.v2"));
        builder.AddProtocol(Versions(life, "chat.v1"));
        builder.AddProtocol(TestProtocol.Pipe(life, CopyAsync, "/raw", "example/1", "GET", "POST"));
        builder.AddProtocol(TestProtocol.Lines(life, Upper, "/raw"));
        builder.MapGet("/", _ => Results.Text("hello\n"));
        builder.MapGet("/both", _ => Results.Text("regular\n"));
    }

    private async Task<TestClient> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_address!);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return new TestClient(
            PipeReader.Create(stream),
            PipeWriter.Create(stream),
            () => socket.Shutdown(SocketShutdown.Send),
            () => socket.Close(timeout: 0),
            new TaskCompletionSource().Task);
    }

    private static ProtocolEntry Echo(TestLife life, string path, string? name, int maxMessageSize) => new()
    {
        Path = path,
        Name = name,
        IsDefault = name is null,
        MaxMessageSize = maxMessageSize,
        AllowedOrigins = path == "/echo" ? ["*"] : null,
        Compression = path == "/echo",
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), life, TestProtocol.Echo),
    };

    private static ProtocolEntry Versions(TestLife life, string name) => new()
    {
        Path = "/versions",
        Name = name,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), life, Tell),
    };

    private static ValueTask Tell(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Reply($"{handler.Connection.Protocol}:{Encoding.UTF8.GetString(call.Payload)}", TextPayload.Instance);

    private static ValueTask Upper(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Reply(Encoding.UTF8.GetString(call.Payload).ToUpperInvariant(), TextPayload.Instance);

    private static async Task CopyAsync(TestHandler handler, IDuplexPipe pipe)
    {
        await pipe.Output.WriteAsync(handler.Connection.Request.Body);
        await pipe.Input.CopyToAsync(pipe.Output, handler.Connection.Closed);
    }
}

/// <summary>The same on the epoll transport.</summary>
public sealed class EpollWireServer : WireServer
{
    protected override void UseTransport(UpgradeProtocolsBuilder protocols) => protocols.UseEpoll();
}
