using System.Collections.Concurrent;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

public class LaneTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _seen = new();

    [Fact]
    public async Task Messages_wait_for_their_turn_in_the_order_they_came()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Slowly)));
        var client = await server.OpenAsync();

        await client.SendAsync(ClientFrames.Join(Enumerable.Range(0, 50).Select(i => ClientFrames.Text($"{i}"))));
        Assert.Equal(["begin 0"], _seen);
        _release.SetResult();

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"{i}", await client.TextAsync());
        }

        Assert.Equal(Enumerable.Range(0, 50).SelectMany(i => (string[])[$"begin {i}", $"end {i}"]), _seen);
    }

    [Fact]
    public async Task The_first_message_waits_for_OnConnected()
    {
        _life.Connected = async _ =>
        {
            await _release.Task;
            _seen.Enqueue("connected");
        };
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Note)));
        var client = await server.OpenAsync();

        await client.TextAsync("early");
        Assert.Empty(_seen);
        _release.SetResult();

        Assert.Equal("early", await client.TextAsync());
        Assert.Equal(["connected", "early"], _seen);
    }

    [Fact, Trait("rule", "W3")]
    public async Task A_ping_is_answered_while_a_handler_runs()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Slowly)));
        var client = await server.OpenAsync();
        await client.TextAsync("work");
        await client.TextAsync("more work");

        await client.PingAsync("still there?");

        Assert.Equal("10: still there?", (await client.FrameAsync()).ToString());
        _release.SetResult();
        Assert.Equal("work", await client.TextAsync());
    }

    [Fact, Trait("rule", "W3")]
    public async Task A_ping_is_answered_between_the_fragments_of_a_message()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = await server.OpenAsync();
        await client.SendAsync(ClientFrames.Frame(1, "be"u8, fin: false));

        await client.PingAsync("p");

        Assert.Equal("10: p", (await client.FrameAsync()).ToString());
        await client.SendAsync(ClientFrames.Frame(0, "gun"u8));
        Assert.Equal("begun", await client.TextAsync());
    }

    [Fact]
    public async Task Reading_stops_when_too_much_waits_and_goes_on_when_there_is_room()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Slowly)), options => options.MaxWaitingBytes = 1000);
        var client = await server.OpenAsync();
        await client.TextAsync("0");

        var rest = client.Post(ClientFrames.Join(Enumerable.Range(1, 100).Select(i => ClientFrames.Text($"{i}"))));
        var ping = client.PingAsync("unseen");
        Assert.False(rest.IsCompleted);
        _release.SetResult();

        await rest;
        await ping;
        var frames = new List<string>();
        while (frames.Count < 102)
        {
            frames.Add((await client.FrameAsync()).ToString());
        }

        // The pong goes out when the ping is read, which may be before the last messages have had their turn.
        Assert.NotEqual("10: unseen", frames[0]);
        Assert.True(frames.Remove("10: unseen"));
        Assert.Equal(Enumerable.Range(0, 101).Select(i => $"1: {i}"), frames);
    }

    // The lane may run empty just while the reader decides to stop: what was read already is handled all the same.
    [Fact]
    public async Task No_message_is_forgotten_when_the_lane_runs_empty_meanwhile()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Yielding)), options => options.MaxWaitingBytes = 1);
        var client = await server.OpenAsync();
        for (var round = 0; round < 300; round++)
        {
            _ = client.Post(ClientFrames.Join(Enumerable.Range(0, 20).Select(i => ClientFrames.Text($"{i}"))));
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal($"{i}", await client.TextAsync());
            }
        }
    }

    [Fact]
    public async Task No_line_is_forgotten_when_the_lane_runs_empty_meanwhile()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Lines(_life, YieldingReply)), options => options.MaxWaitingBytes = 1);
        var client = server.Connect();
        await client.OpenRawAsync("/", "lines/1");
        for (var round = 0; round < 300; round++)
        {
            _ = client.Post(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i % 10}\n"))));
            Assert.Equal("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", await client.StringAsync(40));
        }
    }

    [Fact]
    public async Task Concurrent_messages_run_beside_each_other_up_to_their_limit()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Beside)), options => options.MaxConcurrentMessages = 3);
        var client = await server.OpenAsync();

        await client.SendAsync(ClientFrames.Join(Enumerable.Range(0, 5).Select(i => ClientFrames.Text($"{i}"))));
        Assert.Equal(["begin 0", "begin 1", "begin 2"], _seen);

        _release.SetResult();
        var replies = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            replies.Add(await client.TextAsync());
        }

        Assert.Equal(["0", "1", "2", "3", "4"], replies.Order());
    }

    // The messages end in each order; until the last one has ended, OnDisconnected doesn't run.
    [Theory]
    [InlineData("one two serial")]
    [InlineData("serial one two")]
    [InlineData("two serial one")]
    public async Task The_end_waits_for_the_last_of_concurrent_and_serial_messages(string order)
    {
        TestHandler? handler = null;
        var releases = order.Split(' ').ToDictionary(name => name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var ended = order.Split(' ').ToDictionary(name => name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, (TestHandler _, ref MessageCall<RawMessageFormat> call) =>
        {
            var name = Encoding.UTF8.GetString(call.Payload);
            var task = call.Done(RunAsync(name));
            return name == "serial" ? task : call.Detach(task);
        })));
        var client = await server.OpenAsync();
        handler = await _life.NextAsync();
        await client.SendAsync(ClientFrames.Join([ClientFrames.Text("one"), ClientFrames.Text("two"), ClientFrames.Text("serial")]));
        await client.CloseAsync();
        await client.UntilCloseAsync();
        await client.EndAsync();

        foreach (var name in order.Split(' '))
        {
            Assert.Empty(handler.Disconnections);
            releases[name].SetResult();
            await ended[name].Task.WaitAsync(Patience.Limit);
        }

        await handler.Disconnected;

        async ValueTask RunAsync(string name)
        {
            await releases[name].Task;
            Assert.Empty(handler!.Disconnections);
            ended[name].SetResult();
        }
    }

    [Fact]
    public async Task The_end_waits_for_concurrent_messages()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Beside)));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("0");

        await client.CloseAsync();
        await client.UntilCloseAsync();
        await client.EndAsync();
        Assert.Empty(handler.Disconnections);
        _release.SetResult();

        await handler.Disconnected;
        Assert.Contains("end 0", _seen);
    }

    // Error replies don't wait. The lane waits for a peer that doesn't read them.
    [Fact, Trait("rule", "W12")]
    public async Task The_lane_is_held_up_while_error_replies_are_not_read()
    {
        var handled = 0;
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Json(_life, Refuse)),
            options => (options.MaxOutboundBytes, options.WriteTimeout) = (10_000, Timeout.InfiniteTimeSpan));
        var client = await server.OpenAsync(holdUpAt: 1000);
        var handler = await _life.NextAsync();
        await client.SendAsync(ClientFrames.Join(Enumerable.Range(1, 100).Select(i => ClientFrames.Text($$"""{"type":"x","id":{{i}}}"""))));
        _release.SetResult();

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Outbound.IsBackedUp, Patience.Limit)));
        for (var i = 1; i <= 100; i++)
        {
            Assert.InRange(Volatile.Read(ref handled), 1, i + 15);
            Assert.StartsWith($$"""{"type":"error","id":{{i}},""", await client.TextAsync(), StringComparison.Ordinal);
        }

        ValueTask Refuse(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
        {
            Interlocked.Increment(ref handled);
            return call.Done(RefuseAsync());
        }

        async Task RefuseAsync()
        {
            await _release.Task;
            throw new MessageException("no", new string('x', 4000));
        }
    }

    // A user's lock on a connection's public objects blocks no one but the user.
    [Fact]
    public async Task A_lock_on_a_connections_services_does_not_hold_up_the_connection()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        using var locked = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var locking = Task.Run(() =>
        {
            lock (connection)
            {
                lock (connection.Services)
                {
                    locked.Set();
                    release.Wait(Patience.Limit);
                }
            }
        });
        Assert.True(locked.Wait(Patience.Limit));

        await Task.Run(async () =>
        {
            await connection.JoinAsync("room");
            _ = connection.Services.GetService(typeof(IServiceProvider));
            _ = connection.Services.GetService(typeof(TimeProvider));
            await connection.CloseAsync();
        }).WaitAsync(Patience.Limit);
        Assert.Equal(1000, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        await server.EndedAsync();

        release.Set();
        await locking;
    }

    [Fact]
    public async Task An_exception_in_a_callback_of_the_connections_token_is_logged()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        await using var registration = connection.Closed.Register(static () => throw new InvalidOperationException("callback"));

        await client.CloseAsync();
        await server.EndedAsync();

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => server.Logs.AboveDebug.Any(), Patience.Limit)));
        var entry = Assert.Single(server.Logs.AboveDebug);
        Assert.Equal(125, entry.Id);
        Assert.Contains("callback", entry.Exception!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_in_a_callback_of_a_streams_token_is_logged()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(_life, static (TestHandler _, ref MessageCall<JsonMessageFormat> call) =>
            call.TryOpenStream(out var stream) ? call.Stream(ItemsAsync(stream), stream, TestProtocol.Numbers) : default)));
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"x","id":1}""");
        await client.TextAsync();

        await client.TextAsync("""{"type":"complete","id":1}""");

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => server.Logs.Entries.Any(static entry => entry.Id == 125), Patience.Limit)));

        static async IAsyncEnumerable<int> ItemsAsync(MessageStream stream)
        {
            stream.Cancelled.Register(static () => throw new InvalidOperationException("callback"));
            yield return 1;
            await Task.Delay(Timeout.Infinite, stream.Cancelled);
        }
    }

    private ValueTask Note(TestHandler handler, ref MessageCall<RawMessageFormat> call)
    {
        _seen.Enqueue(Encoding.UTF8.GetString(call.Payload));
        return TestProtocol.Echo(handler, ref call);
    }

    private ValueTask Slowly(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Done(SlowlyAsync(handler.Connection, Encoding.UTF8.GetString(call.Payload)));

    private ValueTask Beside(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Detach(call.Done(SlowlyAsync(handler.Connection, Encoding.UTF8.GetString(call.Payload))));

    private static ValueTask Yielding(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Done(YieldingAsync(handler.Connection, Encoding.UTF8.GetString(call.Payload)));

    private static ValueTask YieldingReply(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Reply(YieldingAsync(Encoding.UTF8.GetString(call.Payload)), TextPayload.Instance);

    private async ValueTask SlowlyAsync(UpgradeConnection connection, string text)
    {
        _seen.Enqueue($"begin {text}");
        await _release.Task;
        await connection.SendAsync(text);
        _seen.Enqueue($"end {text}");
    }

    private static async ValueTask YieldingAsync(UpgradeConnection connection, string text)
    {
        await Task.Yield();
        await connection.SendAsync(text);
    }

    private static async ValueTask<string> YieldingAsync(string text)
    {
        await Task.Yield();
        return text;
    }
}
