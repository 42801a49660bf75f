using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T2")]
public class ConnectionLimitTests
{
    private const string Get = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

    [Fact]
    public async Task A_connection_over_the_limit_gets_503_and_is_closed()
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 2);
        var first = server.Connect();
        await first.SendAsync(Get);
        Assert.Equal(200, (await first.ResponseAsync()).Status);
        var second = await server.OpenAsync("/echo");

        var third = server.Connect();
        var answer = await third.ResponseAsync();
        Assert.Equal(503, answer.Status);
        Assert.Equal("close", answer["Connection"]);
        Assert.Equal(1, answer.Body.Count(c => c == '\n'));
        await server.AdvanceUntilAsync(third.EndAsync());

        // The existing connections continue.
        await first.SendAsync(Get);
        Assert.Equal(200, (await first.ResponseAsync()).Status);
        await second.TextAsync("still here");
        Assert.Equal("still here", await second.TextAsync());
    }

    [Fact]
    public async Task A_connection_that_has_ended_no_longer_counts()
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        for (var i = 0; i < 3; i++)
        {
            var client = await server.OpenAsync("/echo");
            await client.CloseAsync();
            await client.UntilCloseAsync();
            await server.EndedAsync();
            Assert.Equal(0, server.Engine.Connections.Count);
        }
    }

    [Fact]
    public async Task A_flood_is_logged_once_every_ten_seconds()
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        var first = await server.OpenAsync("/echo");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(503, (await server.Connect().ResponseAsync()).Status);
        }

        Assert.Single(server.Logs.AboveDebug, entry => entry.Id == 15);
        server.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(503, (await server.Connect().ResponseAsync()).Status);
        Assert.Equal(2, server.Logs.AboveDebug.Count(entry => entry.Id == 15));
        GC.KeepAlive(first);
    }

    [Fact]
    public async Task With_TLS_a_connection_counts_before_its_handshake()
    {
        using var certificate = new TestCertificate();
        await using var host = await TransportHost.StartAsync(
            ["https://127.0.0.1:0"], configuration: certificate.AsDefault(), options: options => options.MaxConnections = 1);
        var silent = await host.ConnectAsync();
        await Eventually.TrueAsync(() => host.Engine.Connections.Count == 1, "the first is counted");
        var second = await host.ConnectTlsAsync(certificate);
        Assert.Equal(503, (await second.ResponseAsync()).Status);
        silent.Abort();
        await Eventually.TrueAsync(() => host.Engine.Connections.Count == 0, "the first is gone");
        var third = await host.ConnectTlsAsync(certificate);
        await third.OpenAsync("/echo");
    }

    [Fact]
    public async Task A_connection_counts_until_its_last_byte_is_sent_or_the_timeout_expires()
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var context = new DefaultConnectionContext("c", new DuplexPipe(), new DuplexPipe());
        context.Features.Set<IConnectionSocketFeature>(new SocketFeature(accepted));
        await AssertHasAnEndAsync(server, context);
    }

    // The result does not depend on the features of the transport.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_without_a_socket_has_the_same_timeout(bool tellsItsEnd)
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        var context = new DefaultConnectionContext("c", new DuplexPipe(), new DuplexPipe());
        if (tellsItsEnd)
        {
            context.Features.Set<IConnectionEndFeature>(new EndFeature());
        }

        await AssertHasAnEndAsync(server, context);
    }

    // A transport that wraps Kestrel's sockets also ends both directions, and it is not Kestrel's type.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_a_transport_with_the_end_feature_is_assumed_to_half_close(bool tellsItsEnd)
    {
        var context = new DefaultConnectionContext("c", new DuplexPipe(), new DuplexPipe());
        if (tellsItsEnd)
        {
            context.Features.Set<IConnectionEndFeature>(new EndFeature());
        }

        TransportEnds.Of(context.Transport, context.Features, out var traits);

        Assert.Equal(tellsItsEnd, traits.HasFlag(TransportTraits.HalfCloses));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_has_ended_is_not_watched(bool tellsItsEnd)
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        var context = new DefaultConnectionContext("c", new DuplexPipe(), new DuplexPipe());
        if (tellsItsEnd)
        {
            context.Features.Set<IConnectionEndFeature>(new EndFeature { IsDrained = true });
        }
        else
        {
            var closed = new TaskCompletionSource();
            context.ConnectionClosed.Register(closed.SetResult);
            context.Abort();
            await closed.Task.SoonAsync();
        }

        await new ConnectionAdmission(server.Engine, _ => Task.CompletedTask).ServeAsync(context);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(0, server.Engine.Connections.Count);
    }

    private static async Task AssertHasAnEndAsync(TestServer server, ConnectionContext context)
    {
        var aborted = new TaskCompletionSource();
        context.ConnectionClosed.Register(aborted.SetResult);
        await new ConnectionAdmission(server.Engine, _ => Task.CompletedTask).ServeAsync(context);
        Assert.Equal(0, server.Engine.Connections.Count);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Equal(1, server.Engine.Connections.Count);
        Assert.False(aborted.Task.IsCompleted);
        server.Time.Advance(TimeSpan.FromSeconds(30));
        await aborted.Task.SoonAsync();
        Assert.Equal(0, server.Engine.Connections.Count);
        GC.KeepAlive(context);
    }

    [Fact]
    public async Task A_protocol_has_its_own_limit_and_refuses_before_its_handler_is_created()
    {
        var life = new TestLife();
        var made = 0;
        life.Create = _ =>
        {
            made++;
            return new TestHandler();
        };
        await using var server = new TestServer(builder =>
        {
            Pages(builder);
            builder.AddProtocol(Limited(life, "/few", 1));
        });
        var first = await server.OpenAsync("/few");
        var second = server.Connect();
        await second.SendAsync(TestClient.Upgrade("/few"));
        var answer = await second.ResponseAsync();
        Assert.Equal(503, answer.Status);
        Assert.Contains("has reached its connection limit", answer.Body, StringComparison.Ordinal);
        Assert.Equal(1, made);
        await server.OpenAsync("/echo");

        await first.CloseAsync();
        await first.UntilCloseAsync();
        await (await life.NextAsync()).Disposed;
        await Eventually.TrueAsync(() => server.Engine.LimitOf(server.Engine.Hub.Snapshot()[0].Entry) is null, "only the echo is left");
        await Eventually.TrueAsync(() => server.Hub.Count == 1, "the first has left");
        await RetryAsync(server);
    }

    [Fact]
    public async Task A_refused_upgrade_does_not_count()
    {
        var life = new TestLife { Upgrading = _ => new(UpgradeResult.Refuse(401, "Who are you?")) };
        await using var server = new TestServer(builder => builder.AddProtocol(Limited(life, "/few", 1)));
        for (var i = 0; i < 3; i++)
        {
            var client = server.Connect();
            await client.SendAsync(TestClient.Upgrade("/few"));
            Assert.Equal(401, (await client.ResponseAsync()).Status);
            await server.AdvanceUntilAsync(server.EndedAsync());
        }
    }

    [Fact]
    public void The_attribute_has_no_limit_by_default() => Assert.Equal(0, new UpgradeProtocolAttribute().MaxConnections);

    // The slot becomes free shortly after the handler is disposed.
    private static async Task RetryAsync(TestServer server)
    {
        for (var i = 0; ; i++)
        {
            var client = server.Connect();
            await client.SendAsync(TestClient.Upgrade("/few"));
            if ((await client.ResponseAsync()).Status == 101)
            {
                return;
            }

            Assert.True(i < 100, "There is no room after the end of the only connection.");
        }
    }

    private static void Pages(UpgradeProtocolsBuilder builder)
    {
        builder.MapGet("/page", _ => Results.Text("a page"));
        builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo, "/echo"));
    }

    private static ProtocolEntry Limited(TestLife life, string path, int max) => new()
    {
        Path = path,
        IsDefault = true,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), life, TestProtocol.Echo),
        MaxConnections = max,
    };

    private sealed class DuplexPipe : IDuplexPipe
    {
        public PipeReader Input { get; } = new Pipe().Reader;

        public PipeWriter Output { get; } = new Pipe().Writer;
    }

    private sealed class EndFeature : IConnectionEndFeature
    {
        public bool IsDrained { get; init; }
    }

    private sealed record SocketFeature(Socket Socket) : IConnectionSocketFeature;
}
