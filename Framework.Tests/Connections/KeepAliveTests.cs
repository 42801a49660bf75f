using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

public class KeepAliveTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact, Trait("rule", "W11")]
    public async Task A_silent_peer_is_pinged_and_then_lost()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var ping = client.FrameAsync();

        Assert.InRange(await server.AdvanceUntilAsync(ping), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(22));
        Assert.Equal(9, (await ping).Opcode);
        Assert.InRange(await server.AdvanceUntilAsync(client.Aborted), TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(22));
        var close = await (await _life.NextAsync()).Disconnected;
        Assert.Equal((1006, CloseInitiator.Transport), (close.Code, close.Initiator));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "W11")]
    public async Task A_peer_that_answers_its_pings_stays()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            var ping = client.FrameAsync();
            await server.AdvanceUntilAsync(ping);
            await client.FrameAsync(10, (await ping).Payload);
        }

        await client.TextAsync("here");
        Assert.Equal("here", await client.TextAsync());
        Assert.False(client.Aborted.IsCompleted);
    }

    // A machine that slept, a pause of the runtime: the peer had no chance to answer the Ping yet.
    [Fact, Trait("rule", "W11")]
    public async Task A_clock_that_jumps_does_not_lose_a_peer_that_had_no_ping()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await (await _life.NextAsync()).Connection.SendAsync("opened");
        Assert.Equal("opened", await client.TextAsync());

        server.Time.AutoAdvanceAmount = TimeSpan.FromHours(1);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));
        server.Time.AutoAdvanceAmount = TimeSpan.Zero;
        server.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(9, (await client.FrameAsync()).Opcode);
        Assert.False(client.Aborted.IsCompleted);
    }

    [Fact, Trait("rule", "W11")]
    public async Task Silence_does_not_count_while_the_server_does_not_read()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Held)), options => options.MaxWaitingBytes = 1);
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        _ = client.Post(ClientFrames.Join([ClientFrames.Text("1"), ClientFrames.Text("2"), ClientFrames.Text("3")]));
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Session!.Processor!.IsFull, Patience.Limit));
        await server.AdvanceUntilAsync(Task.Delay(20), TimeSpan.FromSeconds(10));

        for (var i = 0; i < 400; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.False(client.Aborted.IsCompleted);
        _release.SetResult();
        Assert.Equal("1", await client.TextAsync());
        Assert.Equal("2", await client.TextAsync());
        Assert.Equal("3", await client.TextAsync());

        ValueTask Held(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
            call.Done(HeldAsync(handler.Connection, System.Text.Encoding.UTF8.GetString(call.Payload)));
    }

    // The Pong lies unread in the transport while the method has the reader's thread.
    [Fact, Trait("rule", "W11")]
    public async Task Silence_does_not_count_while_a_method_has_the_readers_thread()
    {
        using var blocked = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, (TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        {
            blocked.Set();
            release.Wait(Patience.Limit);
            return TestProtocol.Echo(handler, ref call);
        })));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await server.AdvanceUntilAsync(client.FrameAsync());
        _ = client.Post(ClientFrames.Text("work"));
        Assert.True(blocked.Wait(Patience.Limit));

        for (var i = 0; i < 400; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.False(client.Aborted.IsCompleted);
        await handler.Connection.CloseAsync();
        for (var i = 0; i < 400; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        // Nor is the peer's answer to our Close late.
        Assert.False(client.Aborted.IsCompleted);
        release.Set();
        await client.CloseAsync();
        await client.UntilCloseAsync();
        await client.EndAsync();
        Assert.False(client.Aborted.IsCompleted);
    }

    [Fact, Trait("rule", "W11")]
    public async Task A_pause_after_the_ping_does_not_lose_the_peer()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var ping = client.FrameAsync();
        await server.AdvanceUntilAsync(ping);

        server.Time.AutoAdvanceAmount = TimeSpan.FromHours(1);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));
        server.Time.AutoAdvanceAmount = TimeSpan.Zero;
        server.Time.Advance(TimeSpan.FromMilliseconds(250));

        Assert.False(client.Aborted.IsCompleted);
        Assert.Equal(9, (await client.FrameAsync()).Opcode);
        await client.FrameAsync(10, (await ping).Payload);
        await client.TextAsync("here");
        Assert.Equal("here", await client.TextAsync());
    }

    // The Pong is read before the clock goes on: the peer owes nothing, and is asked anew.
    [Fact, Trait("rule", "W11")]
    public async Task A_peer_that_has_answered_is_asked_again_after_a_pause()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var ping = client.FrameAsync();
        await server.AdvanceUntilAsync(ping);
        await client.FrameAsync(10, (await ping).Payload);

        server.Time.AutoAdvanceAmount = TimeSpan.FromHours(1);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));
        server.Time.AutoAdvanceAmount = TimeSpan.Zero;
        var second = client.FrameAsync();
        await server.AdvanceUntilAsync(second, TimeSpan.FromSeconds(5));
        Assert.Equal(9, (await second).Opcode);
        Assert.False(client.Aborted.IsCompleted);
    }

    [Fact, Trait("rule", "W3")]
    public async Task A_background_method_that_blocks_holds_up_neither_messages_nor_pings()
    {
        using var release = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _life.Background = _ =>
        {
            begun.SetResult();
            release.Wait(Patience.Limit);
            return _release.Task;
        };
        await using var server = Server();
        var client = await server.OpenAsync();
        await begun.Task.WaitAsync(Patience.Limit);

        await client.PingAsync("p");
        Assert.Equal("10: p", (await client.FrameAsync()).ToString());
        await client.TextAsync("here");
        Assert.Equal("here", await client.TextAsync());

        release.Set();
        _release.SetResult();
        Assert.Equal(1000, (await client.UntilCloseAsync()).Code);
    }

    // Another connection's handler has the loop of the epoll transport: neither reads nor writes go on.
    [Fact, Trait("rule", "W11")]
    public async Task Silence_does_not_count_while_the_transport_is_held_up()
    {
        await using var server = Server();
        var client = server.Connect(out var transport);
        await client.OpenAsync("/");
        await (await _life.NextAsync()).Connection.SendAsync("opened", TestContext.Current.CancellationToken);
        Assert.Equal("opened", await client.TextAsync());
        transport.Connection.IsHeldUp = true;

        for (var i = 0; i < 400; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.False(client.Aborted.IsCompleted);

        transport.Connection.IsHeldUp = false;
        await client.TextAsync("here");
        Assert.Equal("here", await client.TextAsync());
        Assert.InRange(await server.AdvanceUntilAsync(client.Aborted), TimeSpan.FromSeconds(37), TimeSpan.FromSeconds(44));
    }

    [Fact, Trait("rule", "W8")]
    public async Task A_peers_close_that_lies_with_a_transport_that_is_held_up_is_awaited()
    {
        await using var server = Server();
        var client = server.Connect(out var transport);
        await client.OpenAsync("/");
        await (await _life.NextAsync()).Connection.CloseAsync();
        await client.UntilCloseAsync();
        transport.Connection.IsHeldUp = true;

        server.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(client.Aborted.IsCompleted);

        transport.Connection.IsHeldUp = false;
        await server.AdvanceUntilAsync(client.Aborted);
    }

    [Fact, Trait("rule", "T4")]
    public async Task A_write_that_a_transport_can_not_send_is_not_the_peers_fault()
    {
        await using var server = Server(options => options.KeepAliveInterval = Timeout.InfiniteTimeSpan);
        var client = server.Connect(out var transport, holdUpAt: 1);
        await client.OpenAsync("/");
        var sending = (await _life.NextAsync()).Connection.SendAsync(new string('x', 1000), TestContext.Current.CancellationToken).AsTask();
        transport.Connection.IsHeldUp = true;

        server.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(client.Aborted.IsCompleted);

        transport.Connection.IsHeldUp = false;
        Assert.InRange(await server.AdvanceUntilAsync(client.Aborted), TimeSpan.FromSeconds(28), TimeSpan.FromSeconds(33));
    }

    [Fact, Trait("rule", "H9")]
    public async Task A_head_that_lies_with_a_transport_that_is_held_up_is_not_late()
    {
        await using var server = Server();
        var client = server.Connect(out var transport);
        await client.SendAsync("GET / HTTP/1.1\r\n");
        await server.BegunAsync();
        transport.Connection.IsHeldUp = true;
        server.Time.Advance(TimeSpan.FromMinutes(5));
        transport.Connection.IsHeldUp = false;

        await client.SendAsync("Host: localhost\r\n\r\n");
        Assert.Equal(426, (await client.ResponseAsync()).Status);
    }

    [Fact, Trait("rule", "W11")]
    public async Task No_interval_no_pings()
    {
        await using var server = Server(options => options.KeepAliveInterval = Timeout.InfiniteTimeSpan);
        var client = await server.OpenAsync();

        for (var i = 0; i < 400; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await client.TextAsync("first");
        Assert.Equal("first", await client.TextAsync());
    }

    // One connection's trouble must not stop the clock of all, nor end the process.
    [Fact]
    public async Task A_deadline_that_throws_does_not_stop_the_others()
    {
        await using var server = Server();
        server.Hub.Clock.Add(new Throwing());
        var client = await server.OpenAsync();
        var ping = client.FrameAsync();

        await server.AdvanceUntilAsync(ping, TimeSpan.FromSeconds(60));

        Assert.Equal(9, (await ping).Opcode);
    }

    private async ValueTask HeldAsync(UpgradeConnection connection, string text)
    {
        await _release.Task;
        await connection.SendAsync(text);
    }

    private TestServer Server(Action<UpgradeOptions>? options = null) =>
        new(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)), options);

    private sealed class Throwing : ClockClient
    {
        public override void Tick(long now) => throw new InvalidOperationException("tick");
    }
}
