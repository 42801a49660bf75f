using System.Text;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Filters;

/// <summary>A filter that fails after the method: the peer gets one answer for an id, and the log has the failure.</summary>
public class OneAnswerTests
{
    private readonly TestLife _life = new();

    [Theory, Trait("rule", "W9")]
    [InlineData("now", """{"type":"reply","id":1,"data":1}""")]
    [InlineData("later", """{"type":"reply","id":1,"data":1}""")]
    [InlineData("beside", """{"type":"reply","id":1,"data":{}}""")]
    [InlineData("stream", """{"type":"next","id":1,"data":1}""", """{"type":"complete","id":1}""")]
    [InlineData("unknown", """{"type":"error","id":1,"code":"unknown_message","message":"'/' (WebSocket) has no message 'unknown'."}""")]
    [InlineData("invalid", """{"type":"error","id":1,"code":"invalid_payload","message":"The payload doesn't have the message's shape."}""")]
    public async Task An_error_reply_after_the_answer_is_not_sent(string name, params string[] answers)
    {
        await using var server = Server(static () => throw new MessageException("late", "Too late."));
        var client = await server.OpenAsync();

        await client.TextAsync($$"""{"type":"{{name}}","id":1,"data":"x"}""");
        foreach (var answer in answers)
        {
            var text = await client.TextAsync();
            Assert.True(text == answer || (name == "unknown" && text.Contains("unknown_message", StringComparison.Ordinal)), text);
        }

        // The connection stays open, and the next answer is that of the next message.
        await client.TextAsync("""{"type":"last","id":2}""");
        Assert.Equal("""{"type":"reply","id":2,"data":2}""", await client.TextAsync());
        // The next message of a stream's connection may run before the stream's filters have ended.
        await Eventually.TrueAsync(() => server.Logs.AboveDebug.Any(), "the failure is logged");
        var warning = Assert.Single(server.Logs.AboveDebug);
        Assert.Equal((124, LogLevel.Warning), (warning.Id, warning.Level));
        Assert.IsType<MessageException>(warning.Exception);
        Assert.Contains($"'{name}'".Trim('\''), warning.Message, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData("now")]
    [InlineData("later")]
    [InlineData("beside")]
    [InlineData("stream")]
    public async Task A_failure_after_the_answer_closes_with_1011_and_no_second_answer(string name)
    {
        await using var server = Server(static () => throw new InvalidOperationException("secret"));
        var client = await server.OpenAsync();

        await client.TextAsync($$"""{"type":"{{name}}","id":1,"data":"x"}""");

        var frame = await client.FrameAsync();
        while (frame.Opcode == 1)
        {
            Assert.DoesNotContain("error", frame.Text, StringComparison.Ordinal);
            frame = await client.FrameAsync();
        }

        Assert.Equal(1011, frame.Code);
        Assert.Equal(102, Assert.Single(server.Logs.AboveDebug).Id);
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_notification_is_answered_only_with_the_filters_error()
    {
        await using var server = Server(static () => throw new MessageException("late", "Too late."));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"now","data":"x"}""");

        Assert.Equal("""{"type":"error","code":"late","message":"Too late."}""", await client.TextAsync());
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Theory]
    [InlineData("before")]
    [InlineData("after")]
    public async Task A_filters_reply_and_the_methods_reply_are_one_answer(string when)
    {
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, Dispatch));
            builder.AddMessageFilter(async (message, next) =>
            {
                if (when == "before")
                {
                    await message.ReplyAsync(7);
                }

                await next(message);
                await message.ReplyAsync(8);
            });
        });
        var client = await server.OpenAsync();
        var isFirst = when == "before";

        await client.TextAsync("""{"type":"later","id":1}""");
        Assert.Equal($$"""{"type":"reply","id":1,"data":{{(isFirst ? 7 : 1)}}}""", await client.TextAsync());
        await client.TextAsync("""{"type":"stream","id":2}""");
        if (isFirst)
        {
            Assert.Equal("""{"type":"reply","id":2,"data":7}""", await client.TextAsync());
        }
        else
        {
            Assert.Equal("""{"type":"next","id":2,"data":1}""", await client.TextAsync());
            Assert.Equal("""{"type":"complete","id":2}""", await client.TextAsync());
        }

        await client.TextAsync("""{"type":"last","id":3}""");
        Assert.Equal($$"""{"type":"reply","id":3,"data":{{(isFirst ? 7 : 2)}}}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_stream_that_the_peer_has_cancelled_has_no_answer_even_if_its_filter_fails()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = Server(static () => throw new MessageException("late", "Too late."), waiting);
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"endless","id":1}""");
        Assert.Equal("""{"type":"next","id":1,"data":1}""", await client.TextAsync());

        await client.TextAsync("""{"type":"complete","id":1}""");
        await waiting.Task.WaitAsync(Patience.Limit);
        await client.TextAsync("""{"type":"last","id":2}""");

        Assert.Equal("""{"type":"reply","id":2,"data":2}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_stream_that_fails_ends_with_one_error()
    {
        await using var server = Server(static () => { });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"failing","id":1}""");

        Assert.Equal("""{"type":"next","id":1,"data":1}""", await client.TextAsync());
        Assert.Equal("""{"type":"error","id":1,"code":"over","message":"No more."}""", await client.TextAsync());
        await client.TextAsync("""{"type":"last","id":1}""");
        Assert.Equal("""{"type":"reply","id":1,"data":2}""", await client.TextAsync());
    }

    // Otherwise the peer would wait for the end of the stream forever.
    [Fact]
    public async Task A_stream_whose_failure_a_filter_swallows_ends()
    {
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, Dispatch));
            builder.AddMessageFilter(static async (message, next) =>
            {
                try
                {
                    await next(message);
                }
                catch (MessageException)
                {
                    await message.ReplyAsync(7);
                }
            });
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"failing","id":1}""");

        Assert.Equal("""{"type":"next","id":1,"data":1}""", await client.TextAsync());
        Assert.Equal("""{"type":"complete","id":1}""", await client.TextAsync());
        await client.TextAsync("""{"type":"last","id":1}""");
        Assert.Equal("""{"type":"reply","id":1,"data":2}""", await client.TextAsync());
    }

    // Another connection uses the message's buffer by then.
    [Fact]
    public async Task A_reply_after_the_filters_end_carries_its_own_id()
    {
        MessageContext? kept = null;
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, Dispatch));
            builder.AddMessageFilter((message, next) =>
            {
                if (kept is not null)
                {
                    return next(message);
                }

                kept = message;
                return default;
            });
        });
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"late","id":"its own"}""");
        await client.TextAsync("""{"type":"last","id":"not its"}""");
        Assert.Equal("""{"type":"reply","id":"not its","data":2}""", await client.TextAsync());

        await kept!.ReplyAsync(3);

        Assert.Equal("""{"type":"reply","id":"its own","data":3}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_batch_has_one_answer_for_each_id()
    {
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                HandlerType = typeof(TestHandler),
                Dispatcher = new TestDispatcher<JsonRpcMessageFormat>(
                    new JsonRpcMessageFormat(), _life, static (TestHandler _, ref MessageCall<JsonRpcMessageFormat> call) => call.Reply(1, TestProtocol.Numbers)),
                Codec = TestProtocol.Codec,
            });
            builder.AddMessageFilter(Failing(static () => throw new MessageException("late", "Too late.")));
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""[{"jsonrpc":"2.0","method":"a","id":1},{"jsonrpc":"2.0","method":"b","id":2}]""");

        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"result":1}]""", await client.TextAsync());
    }

    // In a format without error replies, the close is the answer, and this message already has an answer.
    [Fact]
    public async Task A_filters_error_after_the_answer_does_not_close_a_raw_connection()
    {
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(_life, static (TestHandler _, ref MessageCall<RawMessageFormat> call) =>
                call.Reply("answer", TextPayload.Instance)));
            builder.AddMessageFilter(Failing(static () => throw new MessageException("late", "Too late.")));
        });
        var client = await server.OpenAsync();

        await client.TextAsync("1");
        Assert.Equal("answer", await client.TextAsync());
        await client.TextAsync("2");
        Assert.Equal("answer", await client.TextAsync());
    }

    private static Func<MessageContext, MessageFilterDelegate, ValueTask> Failing(Action fail, TaskCompletionSource? ended = null) => async (message, next) =>
    {
        await next(message);
        if (message.Name != "last")
        {
            ended?.TrySetResult();
            fail();
        }
    };

    private TestServer Server(Action fail, TaskCompletionSource? ended = null) => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, Dispatch));
        builder.AddMessageFilter(Failing(fail, ended));
    });

    private static ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "now":
                return call.Reply(1, TestProtocol.Numbers);
            case "later":
                return call.Reply(LaterAsync(), TestProtocol.Numbers);
            case "beside":
                return call.Detach(call.Done(LaterAsync()));
            case "invalid":
                return call.TryRead(TestProtocol.Numbers, out _) ? call.Done() : default;
            case "stream":
                return call.TryOpenStream(out var stream) ? call.Stream(OneAsync(), stream, TestProtocol.Numbers) : default;
            case "failing":
                return call.TryOpenStream(out var failing) ? call.Stream(FailingAsync(), failing, TestProtocol.Numbers) : default;
            case "endless":
                return call.TryOpenStream(out var endless) ? call.Stream(EndlessAsync(endless), endless, TestProtocol.Numbers) : default;
            case "last":
                return call.Reply(2, TestProtocol.Numbers);
            default:
                return call.Unknown();
        }
    }

    private static async Task<int> LaterAsync()
    {
        await Task.Yield();
        return 1;
    }

    private static async IAsyncEnumerable<int> OneAsync()
    {
        await Task.Yield();
        yield return 1;
    }

    private static async IAsyncEnumerable<int> FailingAsync()
    {
        await Task.Yield();
        yield return 1;
        throw new MessageException("over", "No more.");
    }

    private static async IAsyncEnumerable<int> EndlessAsync(MessageStream stream)
    {
        yield return 1;
        await Task.Delay(Timeout.Infinite, stream.Cancelled);
    }
}
