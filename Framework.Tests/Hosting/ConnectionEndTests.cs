using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Transport;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>How long a connection stays that has been answered for the last time. The clock stands where a test doesn't move it.</summary>
[Trait("rule", "W8")]
public class ConnectionEndTests
{
    private const string Host = "Host: localhost\r\n";

    private readonly TestLife _life = new();

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 200)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", 405)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n", 417)]
    [InlineData("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 426)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\nMore: 2\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    public async Task A_peer_that_has_sent_its_whole_request_need_not_wait(string request, int status)
    {
        await using var server = Server();
        foreach (var halfCloses in (bool[])[false, true])
        {
            var client = server.Connect(halfCloses: halfCloses);
            await client.SendAsync(request);
            Assert.Equal(status, (await client.ResponseAsync()).Status);
            await client.EndAsync();
        }
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: tea\r\n\r\n", 417)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n", 400)]
    public async Task One_that_may_still_send_is_read_on_for_a_moment(string request, int status)
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(request);
        Assert.Equal(status, (await client.ResponseAsync()).Status);
        var end = client.EndAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync("more");
            Assert.False(end.IsCompleted);
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.InRange(await server.AdvanceUntilAsync(end), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task Where_the_transport_can_the_peer_is_told_the_end_first()
    {
        await using var server = Server();
        var client = server.Connect(halfCloses: true);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await client.ResponseAsync()).Status);
        await client.EndAsync();
        await client.SendAsync("still being sent");
        Assert.Equal(1, server.Hub.Lingering.Count);
        client.Shut();
        await server.EndedAsync();
        Assert.Equal(0, server.Hub.Lingering.Count);
    }

    [Fact]
    public async Task The_peers_end_ends_it_at_once()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await client.ResponseAsync()).Status);
        client.Shut();
        await client.EndAsync();
        await server.EndedAsync();
    }

    [Fact]
    public async Task A_failed_WebSocket_is_told_the_end_behind_the_Close()
    {
        await using var server = Server();
        var client = server.Connect(halfCloses: true);
        await client.OpenAsync("/ws");
        await client.SendAsync(ClientFrames.Frame(3, "?"u8));
        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        await client.EndAsync();
        Assert.False((await _life.NextAsync()).Disconnected.IsCompleted);
        client.Shut();
        await server.EndedAsync();
    }

    [Theory]
    [InlineData("a reserved opcode", 1002)]
    [InlineData("no mask", 1002)]
    [InlineData("a message too large", 1009)]
    [InlineData("bad text", 1007)]
    [InlineData("bad text in pieces", 1007)]
    [InlineData("a bad close", 1002)]
    public async Task Elsewhere_the_peers_Close_ends_a_failed_WebSocket(string failure, int code)
    {
        await using var server = Server(options => options.MaxMessageSize = 1024);
        var client = server.Connect();
        await client.OpenAsync("/ws");
        byte[] sent = failure switch
        {
            "a reserved opcode" => ClientFrames.Frame(3, "?"u8),
            "no mask" => [0x81, 3, 1, 2, 3],
            "a message too large" => ClientFrames.Frame(2, new byte[2000]),
            "bad text" => ClientFrames.Frame(1, [0xFF, 0x88, 0x80, 0, 0, 0, 0]),
            "bad text in pieces" => ClientFrames.Frame(1, [.. new byte[300], 0xFF, .. new byte[300]]),
            _ => [],
        };
        await client.SendAsync(sent, piece: failure == "bad text in pieces" ? 200 : int.MaxValue);
        await client.CloseAsync(failure == "a bad close" ? 999 : 1000);
        Assert.Equal(code, (await client.UntilCloseAsync()).Code);
        await client.EndAsync();
        Assert.Equal(code, (await (await _life.NextAsync()).Disconnected).Code);
    }

    [Fact]
    public async Task Elsewhere_a_client_of_unknown_subprotocols_ends_by_its_Close_too()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.OpenAsync("/strict", "Sec-WebSocket-Protocol: unknown\r\n");
        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync(1002);
        await client.EndAsync();
    }

    [Fact, Trait("rule", "T2")]
    public async Task A_connection_that_only_lingers_keeps_no_place()
    {
        await using var server = Server(options => options.MaxConnections = 1);
        foreach (var halfCloses in (bool[])[false, true])
        {
            var refused = server.Connect(halfCloses: halfCloses);
            await refused.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
            Assert.Equal(413, (await refused.ResponseAsync()).Status);
            await Eventually.TrueAsync(() => server.Engine.Connections.Count == 0, "the place is free");

            var failed = server.Connect(halfCloses: halfCloses);
            await failed.OpenAsync("/ws");
            await failed.SendAsync(ClientFrames.Frame(3, "?"u8));
            Assert.Equal(1002, (await failed.UntilCloseAsync()).Code);
            await Eventually.TrueAsync(() => server.Engine.Connections.Count == 0, "the place is free");

            var next = server.Connect(halfCloses: halfCloses);
            await next.SendAsync($"GET / HTTP/1.1\r\n{Host}\r\n");
            Assert.Equal(200, (await next.ResponseAsync()).Status);
            refused.Shut();
            failed.Shut();
            next.Shut();
            await server.EndedAsync();
            Assert.Equal((0, 0), (server.Engine.Connections.Count, server.Hub.Lingering.Count));
        }
    }

    [Fact, Trait("rule", "T2")]
    public async Task No_more_linger_than_may()
    {
        await using var server = Server();
        server.Hub.Lingering.Max = 1;
        var first = server.Connect();
        await first.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await first.ResponseAsync()).Status);
        await Eventually.TrueAsync(() => server.Hub.Lingering.Count == 1, "it lingers");
        var second = server.Connect();
        await second.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await second.ResponseAsync()).Status);
        await second.EndAsync();
        Assert.Equal(1, server.Hub.Lingering.Count);
    }

    [Fact]
    public async Task A_framed_protocol_that_is_closed_while_its_peer_sends_reads_on()
    {
        await using var server = Server();
        var client = server.Connect(halfCloses: true);
        await client.OpenRawAsync("/lines", "lines/1");
        var handler = await _life.NextAsync();
        await handler.Connection.CloseAsync();
        await client.EndAsync();
        await client.SendAsync("not read any more\n");
        Assert.False(handler.Disconnected.IsCompleted);
        client.Shut();
        Assert.Equal(CloseInitiator.Local, (await handler.Disconnected).Initiator);
        await server.EndedAsync();
    }

    // Nothing unread can be there: its client isn't kept waiting for the end.
    [Fact]
    public async Task A_framed_protocol_that_is_closed_in_order_ends_at_once()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.OpenRawAsync("/lines", "lines/1");
        await client.SendAsync("read\n");
        Assert.Equal("read\n", await client.StringAsync(5));

        await (await _life.NextAsync()).Connection.CloseAsync();

        await client.EndAsync();
        await server.EndedAsync();
    }

    // The rest of what it sends is still to come, and would reset the connection.
    [Fact]
    public async Task A_framed_protocol_that_has_failed_reads_on()
    {
        await using var server = Server(options => options.MaxMessageSize = 10);
        var client = server.Connect();
        await client.OpenRawAsync("/lines", "lines/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("longer than it may be\n");
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Conversation.IsClosing, Patience.Limit)));
        await client.SendAsync("not read any more\n");
        Assert.False(handler.Disconnected.IsCompleted);

        await server.AdvanceUntilAsync(handler.Disconnected);
        await client.EndAsync();
    }

    private TestServer Server(Action<UpgradeOptions>? options = null) => new(
        builder =>
        {
            builder.MapGet("/", _ => Results.Text("hello"));
            builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/ws"));
            builder.AddProtocol(TestProtocol.Lines(_life, TestProtocol.Echo, "/lines"));
            builder.AddProtocol(new ProtocolEntry
            {
                Path = "/strict",
                Name = "known",
                HandlerType = typeof(TestHandler),
                SubprotocolMismatch = SubprotocolMismatch.AcceptThenClose,
                Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), _life, TestProtocol.Echo),
            });
        },
        options);
}
