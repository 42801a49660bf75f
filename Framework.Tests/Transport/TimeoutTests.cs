using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

public class TimeoutTests
{
    private const string Get = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

    [Fact]
    [Trait("rule", "T4")]
    public async Task An_idle_connection_is_closed_after_the_keep_alive_time()
    {
        await using var server = Server();
        var client = server.Connect();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(Get);
            Assert.Equal(200, (await client.ResponseAsync()).Status);
            server.Time.Advance(TimeSpan.FromSeconds(55));
        }

        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        Near(60, await server.AdvanceUntilAsync(client.EndAsync()));
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_body_that_does_not_arrive_in_time_is_answered_with_408()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("GET /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
        var response = client.ResponseAsync();
        Near(30, await server.AdvanceUntilAsync(response));
        Assert.Equal(408, (await response).Status);
        await server.AdvanceUntilAsync(client.EndAsync());
    }

    [Fact]
    [Trait("rule", "H9")]
    public async Task A_head_that_does_not_complete_in_time_is_answered_with_408()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("GET /page HT");
        var response = client.ResponseAsync();
        Near(10, await server.AdvanceUntilAsync(response));
        Assert.Equal(408, (await response).Status);
    }

    [Fact]
    [Trait("rule", "H9")]
    public async Task A_later_head_has_its_own_timeout()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(Get);
        Assert.Equal(200, (await client.ResponseAsync()).Status);
        server.Time.Advance(TimeSpan.FromSeconds(50));
        await client.SendAsync("GET /page HT");
        var response = client.ResponseAsync();
        Near(10, await server.AdvanceUntilAsync(response));
        Assert.Equal(408, (await response).Status);
    }

    [Fact]
    [Trait("rule", "H9")]
    public async Task A_silent_connection_is_closed_without_a_response()
    {
        await using var server = Server();
        var client = server.Connect();
        Near(10, await server.AdvanceUntilAsync(client.EndAsync()));
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_response_that_the_peer_does_not_read_ends_the_connection()
    {
        await using var server = Server();
        var client = server.Connect(holdUpAt: 1024);
        await client.SendAsync("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Near(30, await server.AdvanceUntilAsync(client.Aborted));
        await server.EndedAsync();
    }

    [Theory]
    [Trait("rule", "T4")]
    [InlineData("/")]
    [InlineData("/lines")]
    public async Task Messages_that_the_peer_does_not_read_end_the_connection_with_1006(string path)
    {
        var life = new TestLife { Connected = handler => Sent(handler.Connection.SendAsync(new string('x', 5000))) };
        await using var server = Server(life);
        var client = server.Connect(holdUpAt: 1024);
        await client.SendAsync(path == "/" ? TestClient.Upgrade(path) : TestClient.UpgradeRaw(path, "lines/1"));
        var handler = await life.NextAsync();
        await Eventually.TrueAsync(() => handler.ConnectedCount == 1, "the handler has started");
        Near(30, await server.AdvanceUntilAsync(handler.Disconnected));
        Assert.Equal(1006, (await handler.Disconnected).Code);
        Assert.Equal(CloseInitiator.Transport, (await handler.Disconnected).Initiator);
        Assert.Single(handler.Disconnections);
        await client.Aborted;
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_pipe_that_the_peer_does_not_read_ends_the_connection_with_1006()
    {
        var life = new TestLife();
        await using var server = Server(life, pipe: (handler, pipe) => pipe.Output.WriteAsync(new byte[5000], handler.Connection.Closed).AsTask());
        var client = server.Connect(holdUpAt: 1024);
        await client.SendAsync(TestClient.UpgradeRaw("/pipe", "pipe/1"));
        var handler = await life.NextAsync();
        Near(30, await server.AdvanceUntilAsync(handler.Disconnected));
        Assert.Equal(1006, (await handler.Disconnected).Code);
        await client.Aborted;
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_peer_that_reads_slowly_stays_connected()
    {
        var life = new TestLife();
        await using var server = Server(life, options => options.KeepAliveInterval = Timeout.InfiniteTimeSpan);
        var client = server.Connect(holdUpAt: 1024);
        await client.OpenAsync("/");
        var handler = await life.NextAsync();
        for (var i = 0; i < 5; i++)
        {
            await Sent(handler.Connection.SendAsync(new string('x', 5000), TestContext.Current.CancellationToken));
            server.Time.Advance(TimeSpan.FromSeconds(1));
            server.Time.Advance(TimeSpan.FromSeconds(25));
            Assert.Equal(5000, (await client.TextAsync()).Length);
            await Eventually.TrueAsync(() => handler.Connection.Outbound.FlushUnderWay == 0, "the flush has ended");
        }

        Assert.Empty(handler.Disconnections);
        await client.TextAsync("x");
        Assert.Equal("x", await client.TextAsync());
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_failed_connection_ends_even_if_its_Close_cannot_be_sent()
    {
        var life = new TestLife { Connected = handler => Sent(handler.Connection.SendAsync(new string('x', 5000))) };
        await using var server = Server(life);
        var client = server.Connect(holdUpAt: 1024);
        await client.SendAsync(TestClient.Upgrade("/"));
        var handler = await life.NextAsync();
        await Eventually.TrueAsync(() => handler.ConnectedCount == 1, "the handler has started");

        // An unmasked frame.
        await client.SendAsync("\x81\x01x");
        await server.AdvanceUntilAsync(handler.Disconnected, TimeSpan.FromSeconds(32));
        Assert.Equal(1002, (await handler.Disconnected).Code);
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task The_write_timeout_may_be_infinite()
    {
        var life = new TestLife { Connected = handler => Sent(handler.Connection.SendAsync(new string('x', 5000))) };
        await using var server = Server(life, options => (options.WriteTimeout, options.KeepAliveInterval) = (Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        var client = server.Connect(holdUpAt: 1024);
        await client.SendAsync(TestClient.Upgrade("/"));
        var handler = await life.NextAsync();
        await Eventually.TrueAsync(() => handler.ConnectedCount == 1, "the handler has started");
        server.Time.Advance(TimeSpan.FromHours(1));
        server.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal(5000, (await client.TextAsync()).Length);
    }

    [Theory]
    [Trait("rule", "T4")]
    [InlineData(0, 30)]
    [InlineData(1 << 20, 30)]
    [InlineData((1 << 20) + 1, 60)]
    [InlineData(10 << 20, 300)]
    public void A_large_flush_has_the_timeout_for_each_MiB(long size, int seconds) =>
        Assert.Equal(seconds * 1000, WriteWatch.Limit(TimeSpan.FromSeconds(30), size));

    private static async ValueTask Sent(ValueTask<SendResult> sending) => await sending;

    private static void Near(int seconds, TimeSpan took) => Assert.InRange(took.TotalSeconds, seconds - 0.5, seconds + 1.5);

    private static TestServer Server(
        TestLife? life = null, Action<UpgradeOptions>? options = null, Func<TestHandler, IDuplexPipe, Task>? pipe = null) => new(
        builder =>
        {
            life ??= new TestLife();
            builder.MapGet("/page", _ => Results.Text("a page"));
            builder.MapGet("/big", _ => Results.Text(new string('b', 100_000)));
            builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo));
            builder.AddProtocol(TestProtocol.Lines(life, TestProtocol.Echo, "/lines"));
            builder.AddProtocol(TestProtocol.Pipe(life, pipe ?? ((_, _) => Task.CompletedTask), "/pipe"));
        },
        options);
}
