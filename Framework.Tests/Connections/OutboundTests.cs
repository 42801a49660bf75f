using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

public class OutboundTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task The_replies_to_one_read_are_flushed_once()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = server.Connect(out var transport);
        await client.OpenAsync("/");
        var before = transport.Output.Flushes;

        await client.SendAsync(ClientFrames.Join(Enumerable.Range(0, 20).Select(i => ClientFrames.Text($"{i}"))));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"{i}", await client.TextAsync());
        }

        Assert.Equal(1, transport.Output.Flushes - before);
    }

    // A burst is handed over in parts, so that the transport's backpressure is felt.
    [Fact]
    public async Task A_large_burst_is_flushed_in_parts()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = server.Connect(out var transport, holdUpAt: 1 << 20);
        await client.OpenAsync("/");
        var before = transport.Output.Flushes;

        await client.SendAsync(ClientFrames.Join(Enumerable.Range(0, 20).Select(_ => ClientFrames.Text(new string('.', 10_000)))));
        for (var i = 0; i < 20; i++)
        {
            await client.TextAsync();
        }

        Assert.InRange(transport.Output.Flushes - before, 4, 8);
    }

    [Fact]
    public async Task Several_broadcasts_in_one_handler_flush_each_member_once()
    {
        EventsProxy? all = null;
        await using var server = new TestServer(builder => builder.AddProtocol(
            TestProtocol.Json(_life, (TestHandler handler, ref MessageCall<JsonMessageFormat> call) =>
            {
                for (var i = 0; i < 10; i++)
                {
                    _ = all!.SaidAsync($"{i}").AsTask();
                }

                return call.Done();
            })));
        all = new EventsProxy(ClientTarget.All(server.Hub, except: null));
        var sender = await server.OpenAsync();
        var member = server.Connect(out var transport);
        await member.OpenAsync("/");
        await _life.NextAsync();
        await _life.NextAsync();
        var before = transport.Output.Flushes;

        await sender.TextAsync("""{"type":"go"}""");
        for (var i = 0; i < 10; i++)
        {
            Assert.Contains($"{i}", await member.TextAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1, transport.Output.Flushes - before);
    }

    // How many are sent together depends on who has a turn in the pool; each by itself would be 20.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_messages_wait_for_their_turn_replies_are_sent_together(bool eachAwaits)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            _life,
            (TestHandler handler, ref MessageCall<RawMessageFormat> call) => call.Done(ReplyAsync(handler.Connection, Encoding.UTF8.GetString(call.Payload))))));
        var client = server.Connect(out var transport);
        await client.OpenAsync("/");
        var before = transport.Output.Flushes;

        await client.SendAsync(ClientFrames.Join(Enumerable.Range(0, 20).Select(i => ClientFrames.Text($"{i}"))));
        start.SetResult();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"{i}", await client.TextAsync());
        }

        Assert.InRange(transport.Output.Flushes - before, 1, 19);

        async Task ReplyAsync(UpgradeConnection connection, string text)
        {
            await start.Task;
            if (eachAwaits)
            {
                await Task.Yield();
            }

            await connection.SendAsync(text);
        }
    }

    [Fact]
    public async Task A_reply_does_not_wait_for_the_next_message_s_handler()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            _life,
            (TestHandler handler, ref MessageCall<RawMessageFormat> call) => call.Done(ReplyAsync(handler.Connection, Encoding.UTF8.GetString(call.Payload))))));
        var client = await server.OpenAsync();

        await client.SendAsync(ClientFrames.Join([ClientFrames.Text("quick"), ClientFrames.Text("slow"), ClientFrames.Text("last")]));

        Assert.Equal("quick", await client.TextAsync());
        end.SetResult();
        Assert.Equal("slow", await client.TextAsync());
        Assert.Equal("last", await client.TextAsync());

        async Task ReplyAsync(UpgradeConnection connection, string text)
        {
            await Task.Yield();
            if (text == "slow")
            {
                await end.Task;
            }

            await connection.SendAsync(text);
        }
    }

    // Both wait while the transport takes nothing: neither may push the other out.
    [Fact, Trait("rule", "W3"), Trait("rule", "W11")]
    public async Task A_ping_of_ours_does_not_replace_the_pong_that_waits()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = await server.OpenAsync(holdUpAt: 100);
        var connection = (await _life.NextAsync()).Connection;
        await connection.SendAsync(new string('x', 1000));
        await client.PingAsync("old");
        await client.PingAsync("still there?");

        for (var i = 0; i < 100; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal(1000, (await client.TextAsync()).Length);
        Assert.Equal("10: still there?", (await client.FrameAsync()).ToString());
        Assert.Equal(9, (await client.FrameAsync()).Opcode);
    }

    [Fact, Trait("rule", "W13")]
    public async Task A_pong_passes_the_messages_that_wait()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = await server.OpenAsync(holdUpAt: 100);
        var connection = (await _life.NextAsync()).Connection;
        await connection.SendAsync(new string('a', 1000));
        await connection.SendAsync(new string('b', 1000));

        await client.PingAsync("p");

        Assert.StartsWith("a", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal("10: p", (await client.FrameAsync()).ToString());
        Assert.StartsWith("b", await client.TextAsync(), StringComparison.Ordinal);
    }

    // Whether it can be written at once or has to wait, its sender learns that a line can't contain a line feed.
    [Fact]
    public async Task A_message_that_the_framing_refuses_is_its_senders_error_also_when_it_would_wait()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Lines(_life, TestProtocol.Echo)));
        var client = server.Connect(holdUpAt: 100);
        await client.OpenRawAsync("/", "lines/1");
        var connection = (await _life.NextAsync()).Connection;
        await Assert.ThrowsAsync<ArgumentException>(async () => await connection.SendAsync("a\nb"));
        await connection.SendAsync(new string('x', 1000));
        await Assert.ThrowsAsync<ArgumentException>(async () => await connection.SendAsync("a\nb"));

        await connection.SendAsync("after");

        Assert.Equal(new string('x', 1000) + "\nafter\n", await client.StringAsync(1007));
    }

    [Fact]
    public async Task Nothing_can_be_sent_before_the_upgrade()
    {
        Exception? error = null;
        _life.Upgrading = async handler =>
        {
            error = await Record.ExceptionAsync(async () => await handler.Connection.SendAsync("early"));
            return UpgradeResult.Accept();
        };
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        await server.OpenAsync();

        Assert.IsType<InvalidOperationException>(error);
    }

    [Fact]
    public void A_shared_message_goes_back_when_the_last_has_sent_it()
    {
        var message = SharedMessage.Copy("text"u8, MessageKind.Text);
        message.AddReference();
        message.Release();
        Assert.Equal("text", Encoding.UTF8.GetString(message.Payload));

        message.Release();

        Assert.Throws<ArgumentOutOfRangeException>(() => message.Payload.Length);
    }
}
