using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>W7, W8, W10, W14: every way a WebSocket ends, told once.</summary>
public class ClosingTests
{
    private readonly TestLife _life = new();

    [Theory, Trait("rule", "W7")]
    [InlineData(1000, "bye")]
    [InlineData(1001, "")]
    [InlineData(3999, "schön")]
    public async Task The_peers_close_is_answered_with_its_code(int code, string reason)
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.CloseAsync(code, reason);

        Assert.Equal(code, (await client.UntilCloseAsync()).Code);
        await client.EndAsync();
        await EndedAsync(server, new CloseInfo(code, reason, CloseInitiator.Peer));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "W7")]
    public async Task An_empty_close_is_answered_with_an_empty_one_and_told_as_1005()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.FrameAsync(8, default);

        Assert.Empty((await client.FrameAsync()).Payload);
        await client.EndAsync();
        await EndedAsync(server, new CloseInfo(1005, "", CloseInitiator.Peer));
    }

    [Fact, Trait("rule", "W7")]
    public async Task Data_after_a_close_is_not_delivered()
    {
        var calls = 0;
        await using var server = Server((handler, ref call) =>
        {
            calls++;
            return TestProtocol.Echo(handler, ref call);
        });
        var client = await server.OpenAsync();

        await client.SendAsync(ClientFrames.Join([ClientFrames.Text("a"), ClientFrames.Frame(8, [3, 232]), ClientFrames.Text("b")]));

        Assert.Equal("a", await client.TextAsync());
        await client.UntilCloseAsync();
        await client.EndAsync();
        Assert.Equal(1, calls);
    }

    [Fact, Trait("rule", "W8")]
    public async Task A_server_close_waits_for_the_peers_close()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();

        await handler.Connection.CloseAsync(4000, "done");

        Assert.Equal("close 4000 done", (await client.FrameAsync()).ToString());
        server.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(client.Aborted.IsCompleted);
        Assert.Empty(handler.Disconnections);
        await client.CloseAsync(4000);
        await client.EndAsync();
        await EndedAsync(server, new CloseInfo(4000, "done", CloseInitiator.Local), handler);
        Assert.False(client.Aborted.IsCompleted);
    }

    [Fact, Trait("rule", "W8")]
    public async Task A_peer_that_never_answers_a_close_is_aborted()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await handler.Connection.CloseAsync();
        Assert.Equal(1000, (await client.UntilCloseAsync()).Code);

        var elapsed = await server.AdvanceUntilAsync(client.Aborted);

        Assert.InRange(elapsed, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        await EndedAsync(server, new CloseInfo(1000, "", CloseInitiator.Local), handler);
    }

    [Fact, Trait("rule", "W8")]
    public async Task Pings_are_answered_no_more_but_read_while_the_peers_close_is_awaited()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await (await _life.NextAsync()).Connection.CloseAsync();
        await client.UntilCloseAsync();

        await client.PingAsync("?");
        await client.TextAsync("ignored");
        await client.CloseAsync();

        await client.EndAsync();
    }

    [Fact, Trait("rule", "W8")]
    public async Task Input_after_a_failure_is_discarded_for_a_second_at_most()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.SendAsync(ClientFrames.Frame(3, "?"u8));
        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        var end = client.EndAsync();

        // A peer that goes on talking: each time the server has read it before the clock moves.
        for (var i = 0; i < 4; i++)
        {
            await client.TextAsync("more");
            Assert.False(end.IsCompleted);
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await end;
        var handler = await _life.NextAsync();
        var close = await handler.Disconnected;
        Assert.Equal((1002, CloseInitiator.Local), (close.Code, close.Initiator));
    }

    // It has sent nonsense and doesn't read: neither may hold the connection for ever.
    [Fact, Trait("rule", "W8")]
    public async Task A_failed_peer_that_does_not_read_is_aborted()
    {
        await using var server = Server();
        var client = await server.OpenAsync(holdUpAt: 1000);
        var handler = await _life.NextAsync();
        await handler.Connection.SendAsync(new string('x', 5000));

        await client.SendAsync(ClientFrames.Frame(3, "?"u8));

        await server.AdvanceUntilAsync(handler.Disposed, TimeSpan.FromSeconds(30));
        Assert.Equal(1002, Assert.Single(handler.Disconnections).Code);
    }

    [Fact, Trait("rule", "W8")]
    public async Task A_closed_peer_that_does_not_read_is_aborted()
    {
        await using var server = Server();
        var client = await server.OpenAsync(holdUpAt: 1000);
        var handler = await _life.NextAsync();
        await handler.Connection.SendAsync(new string('x', 5000));

        await client.CloseAsync();

        await server.AdvanceUntilAsync(handler.Disposed, TimeSpan.FromSeconds(30));
        Assert.Equal(new CloseInfo(1000, "", CloseInitiator.Peer), Assert.Single(handler.Disconnections));
        Assert.True(client.Aborted.IsCompleted);
    }

    [Fact]
    public async Task A_message_sent_before_a_close_arrives_before_it()
    {
        await using var server = Server();
        var client = await server.OpenAsync(holdUpAt: 100);
        var connection = (await _life.NextAsync()).Connection;
        for (var i = 0; i < 100; i++)
        {
            await connection.SendAsync($"{i}");
        }

        await connection.CloseAsync();
        Assert.Equal(SendOutcome.Closed, await connection.SendAsync("late"));

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"{i}", await client.TextAsync());
        }

        Assert.Equal(8, (await client.FrameAsync()).Opcode);
    }

    [Theory]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(-1)]
    [InlineData(65536 + 1000)]
    public async Task A_code_that_may_not_be_sent_is_refused(int code)
    {
        await using var server = Server();
        await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await connection.CloseAsync(code));
        Assert.False(connection.Closed.IsCancellationRequested);
    }

    [Fact, Trait("rule", "W10")]
    public async Task A_server_that_stops_closes_with_1001()
    {
        await using var server = Server();
        var clients = new[] { await server.OpenAsync(), await server.OpenAsync() };

        server.Stop();

        foreach (var client in clients)
        {
            Assert.Equal(1001, (await client.UntilCloseAsync()).Code);
            await client.CloseAsync(1001);
            await client.EndAsync();
            var close = await (await _life.NextAsync()).Disconnected;
            Assert.Equal((1001, CloseInitiator.Local), (close.Code, close.Initiator));
        }
    }

    // The stop comes between the request and the 101: the new connection learns of it as the others do.
    [Fact, Trait("rule", "W10")]
    public async Task A_connection_that_opens_while_the_server_stops_is_closed_with_1001()
    {
        var release = new TaskCompletionSource<UpgradeResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _life.Upgrading = _ => new(release.Task);
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        await _life.CreatedAsync();

        server.Stop();
        release.SetResult(UpgradeResult.Accept());

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal(1001, (await client.UntilCloseAsync()).Code);
    }

    [Fact]
    public async Task A_close_in_OnConnected_is_sent()
    {
        _life.Connected = handler => handler.Connection.CloseAsync(4001, "no");
        await using var server = Server();
        var client = await server.OpenAsync();

        Assert.Equal("close 4001 no", (await client.FrameAsync()).ToString());
    }

    [Theory, Trait("rule", "W14")]
    [InlineData("fin")]
    [InlineData("reset")]
    [InlineData("fin in a frame")]
    [InlineData("reset in a frame")]
    [InlineData("fin in a message")]
    public async Task A_peer_that_vanishes_is_told_as_1006_once(string how)
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        if (how.EndsWith("frame", StringComparison.Ordinal))
        {
            await client.SendAsync(ClientFrames.Text("whole").AsMemory(0, 5));
        }
        else if (how.EndsWith("message", StringComparison.Ordinal))
        {
            await client.SendAsync(ClientFrames.Text("part", fin: false));
        }

        if (how.StartsWith("fin", StringComparison.Ordinal))
        {
            client.Shut();
        }
        else
        {
            client.Abort();
        }

        await EndedAsync(server, new CloseInfo(1006, "", CloseInitiator.Transport));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_lost_peer_cancels_the_method_that_runs()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = Server((_, ref call) => call.Done(WaitAsync(call.Connection.Closed)));
        var client = await server.OpenAsync();
        await client.TextAsync("work");

        client.Abort();

        await cancelled.Task.WaitAsync(Patience.Limit);
        await EndedAsync(server, new CloseInfo(1006, "", CloseInitiator.Transport));
        Assert.Empty(server.Logs.AboveDebug);

        async ValueTask WaitAsync(CancellationToken closed)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, closed);
            }
            finally
            {
                cancelled.SetResult();
            }
        }
    }

    [Fact, Trait("rule", "W14")]
    public async Task An_abort_is_told_once()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();

        handler.Connection.Abort();
        handler.Connection.Abort();

        await client.Aborted;
        await EndedAsync(server, new CloseInfo(1006, "", CloseInitiator.Local), handler);
    }

    // All at once, from all sides: one of them is right, and the handler hears one.
    [Fact, Trait("rule", "W14")]
    public async Task Ends_that_cross_are_told_once()
    {
        await using var server = Server();
        for (var round = 0; round < 200; round++)
        {
            var client = await server.OpenAsync();
            var handler = await _life.NextAsync();
            await Task.WhenAll(
                Task.Run(() => handler.Connection.CloseAsync().AsTask()),
                Task.Run(() => TryCloseAsync(client)),
                round % 3 == 0 ? Task.Run(handler.Connection.Abort) : Task.CompletedTask,
                Task.Run(() => handler.Connection.SendAsync("x").AsTask()));

            await handler.Disposed;
            Assert.Single(handler.Disconnections);
            Assert.Equal(1, handler.DisposalCount);
        }

        await server.EndedAsync();
        Assert.Equal(0, server.Hub.Count);
        Assert.Empty(server.Logs.AboveDebug);
    }

    // The server may be faster.
    private static async Task TryCloseAsync(TestClient client)
    {
        try
        {
            await client.CloseAsync();
        }
        catch (InvalidOperationException)
        {
        }
    }

    private async Task EndedAsync(TestServer server, CloseInfo expected, TestHandler? handler = null)
    {
        handler ??= await _life.NextAsync();
        await handler.Disposed;
        await server.EndedAsync();
        Assert.Equal(expected, Assert.Single(handler.Disconnections));
        Assert.Equal((1, 1), (handler.ConnectedCount, handler.DisposalCount));
        Assert.True(handler.Connection.Closed.IsCancellationRequested);
        Assert.Equal(0, server.Hub.Count);
    }

    private TestServer Server(MessageMethod<RawMessageFormat>? method = null) =>
        new(builder => builder.AddProtocol(TestProtocol.Raw(_life, method ?? TestProtocol.Echo)));
}
