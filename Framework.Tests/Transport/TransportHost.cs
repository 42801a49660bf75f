using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>The lightweight server on sockets, started the way an application starts it.</summary>
internal sealed class TransportHost : IAsyncDisposable
{
    private static readonly AsyncLocal<bool> s_isOnEpoll = new();

    private readonly List<IDisposable> _clients = [];
    private readonly IHost _host;

    private TransportHost(IHost host, RecordingLogs logs)
    {
        _host = host;
        Logs = logs;
    }

    public RecordingLogs Logs { get; }

    public bool IsOnEpoll => _host.Services.GetServices<IConnectionListenerFactory>().OfType<EpollTransportFactory>().Any();

    public UpgradeEngine Engine => _host.Services.GetRequiredService<UpgradeEngine>();

    public IReadOnlyList<Uri> Addresses => [.. _host.Services.GetRequiredService<IUpgradeServer>().Addresses.Select(address => new Uri(address))];

    public EndPoint EndPoint => new IPEndPoint(IPAddress.Loopback, Addresses[0].Port);

    /// <summary>Configures the epoll transport for all hosts that this test starts later.</summary>
    public static void UseEpoll() => s_isOnEpoll.Value = true;

    /// <param name="urls">The arguments of Listen.</param>
    /// <param name="configure">Adds protocols.</param>
    /// <param name="configuration">The application's configuration.</param>
    /// <param name="options">Changes the options.</param>
    /// <param name="time">The clock; the real one by default.</param>
    public static async Task<TransportHost> StartAsync(
        string[]? urls = null,
        Action<UpgradeProtocolsBuilder>? configure = null,
        Dictionary<string, string?>? configuration = null,
        Action<UpgradeOptions>? options = null,
        TimeProvider? time = null)
    {
        var logs = new RecordingLogs();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        var upgrade = new UpgradeProtocolsBuilder(builder.Services)
            .Listen(urls ?? ["http://127.0.0.1:0"])
            .Configure(options ?? (_ => { }))
            .MapGet("/who", request => Results.Text($"{request.RemoteEndPoint} {request.Scheme} {request.Host}"));
        if (s_isOnEpoll.Value)
        {
            upgrade.UseEpoll();
        }

        upgrade.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo, "/echo"));
        configure?.Invoke(upgrade);
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new TransportHost(host, logs);
    }

    public Task StopAsync() => _host.StopAsync();

    public async Task<TestClient> ConnectAsync(EndPoint? to = null)
    {
        var socket = await SocketAsync(to ?? EndPoint);
        return Client(socket, new NetworkStream(socket));
    }

    public async Task<TestClient> ConnectTlsAsync(TestCertificate certificate, string before = "")
    {
        var socket = await SocketAsync(EndPoint);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(before));
        var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(certificate.Trusting());
        return Client(socket, stream);
    }

    public async Task<Socket> SocketAsync(EndPoint to)
    {
        var socket = to.AddressFamily == AddressFamily.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _clients.Add(socket);
        await socket.ConnectAsync(to);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _host.StopAsync();
        _host.Dispose();
    }

    private static TestClient Client(Socket socket, Stream stream) => new(
        PipeReader.Create(stream), PipeWriter.Create(stream), () => socket.Shutdown(SocketShutdown.Send), socket.Dispose, new TaskCompletionSource().Task);
}

/// <summary>Waits for conditions that other threads fulfill.</summary>
internal static class Eventually
{
    /// <summary>Waits for a task, with a timeout.</summary>
    public static Task SoonAsync(this Task task) => task.WaitAsync(Patience.Limit);

    /// <summary>Advances the clock until a task ends.</summary>
    public static async Task AdvanceUntilAsync(this FakeTimeProvider time, Task task)
    {
        for (var i = 0; i < 1000 && !task.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.WhenAny(task, Task.Delay(2));
        }

        await task.SoonAsync();
    }

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"Never: {what}");
            await Task.Delay(1);
        }
    }
}
