using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>Requests from the server to its clients.</summary>
public class RequestTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task A_reply_comes_to_the_handler_that_awaits_it_in_its_lane()
    {
        await using var server = Server((handler, ref call) => call.Reply(AskAsync(handler), TestProtocol.Strings));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":"mine"}""");

        Assert.Equal("""{"type":"ask","id":1,"data":"name?"}""", await client.TextAsync());
        await client.TextAsync("""{"data":"Ann","id":1,"type":"reply"}""");
        Assert.Equal("""{"type":"reply","id":"mine","data":"Hello Ann"}""", await client.TextAsync());

        static async Task<string> AskAsync(TestHandler handler) => "Hello " + await handler.Connection.Client<IEvents>().AskAsync("name?");
    }

    [Fact]
    public async Task A_request_in_OnConnected_is_answered()
    {
        var answer = new TaskCompletionSource<string>();
        _life.Connected = async handler => answer.SetResult(await handler.Connection.Client<IEvents>().AskAsync("who?"));
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync();
        await client.TextAsync("""{"type":"reply","id":1,"data":"me"}""");

        Assert.Equal("me", await answer.Task.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task The_peers_error_is_a_PeerErrorException()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var reply = (await _life.NextAsync()).Connection.Client<IEvents>().AskAsync("?").AsTask();
        await client.TextAsync();

        await client.TextAsync("""{"type":"error","id":1,"code":"busy","message":"Not now."}""");

        var error = await Assert.ThrowsAsync<PeerErrorException>(() => reply.WaitAsync(Patience.Limit));
        Assert.Equal(("busy", "Not now."), (error.Code, error.Message));
    }

    [Fact]
    public async Task No_answer_is_a_TimeoutException_and_a_late_one_is_passed_over()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        var reply = connection.Client<IEvents>().AskAsync("?").AsTask();
        await client.TextAsync();
        var ping = client.FrameAsync();
        var answering = ping.ContinueWith(_ => client.FrameAsync(10, default), TaskScheduler.Default);

        var elapsed = server.AdvanceUntilAsync(reply);

        await Assert.ThrowsAsync<TimeoutException>(() => elapsed);
        Assert.InRange(server.Time.GetUtcNow() - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(35));
        await answering.Unwrap();
        await client.TextAsync("""{"type":"reply","id":1,"data":"late"}""");
        var second = connection.Client<IEvents>().AskAsync("?").AsTask();
        Assert.Equal("""{"type":"ask","id":2,"data":"?"}""", await client.TextAsync());
        await client.TextAsync("""{"type":"reply","id":2,"data":"in time"}""");
        Assert.Equal("in time", await second.WaitAsync(Patience.Limit));
    }

    // Its replies still come, but it takes nothing: the timeout counts from the asking, not from when there is room.
    [Fact]
    public async Task The_timeout_also_bounds_the_wait_for_a_slow_peer()
    {
        await using var server = Server(options: options =>
        {
            options.MaxOutboundBytes = 1000;
            options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        });
        await server.OpenAsync(holdUpAt: 100);
        var clients = (await _life.NextAsync()).Connection.Client<IEvents>();
        var first = clients.AskAsync(new string('x', 5000)).AsTask();
        var second = clients.AskAsync(new string('x', 5000)).AsTask();
        var third = clients.AskAsync("?").AsTask();

        await Assert.ThrowsAsync<TimeoutException>(() => server.AdvanceUntilAsync(third, TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        await Assert.ThrowsAsync<TimeoutException>(() => second);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task A_reply_is_found_behind_more_messages_than_may_wait(bool asksWhenFull)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!asksWhenFull)
        {
            release.SetResult();
        }

        var handled = 0;
        await using var server = Server(
            (handler, ref call) =>
            {
                if (!call.Name.SequenceEqual("ask"u8))
                {
                    handled++;
                    return call.Done();
                }

                return call.Reply(AskAsync(handler), TestProtocol.Strings);
            },
            options => options.MaxWaitingBytes = 1000);
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("""{"type":"ask","id":1}""");
        var many = client.Post(ClientFrames.Join(Enumerable.Repeat(ClientFrames.Text("""{"type":"x"}"""), 200)));
        if (asksWhenFull)
        {
            Assert.True(SpinWait.SpinUntil(() => handler.Connection.Session!.Processor!.IsFull, Patience.Limit));
            Assert.False(many.IsCompleted);
            release.SetResult();
        }

        Assert.Contains("\"ask\"", await client.TextAsync(), StringComparison.Ordinal);
        await client.TextAsync("""{"type":"reply","id":1,"data":"here"}""");

        Assert.Equal("""{"type":"reply","id":1,"data":"here"}""", await client.TextAsync());
        await client.CloseAsync();
        await handler.Disposed;
        Assert.Equal(200, handled);

        async Task<string> AskAsync(TestHandler handler)
        {
            await release.Task;
            return await handler.Connection.Client<IEvents>().AskAsync("?");
        }
    }

    [Fact]
    public async Task The_queue_before_a_reply_is_bounded_too()
    {
        await using var server = Server(
            (handler, ref call) => call.Reply(handler.Connection.Client<IEvents>().AskAsync("?"), TestProtocol.Strings),
            options => (options.MaxWaitingBytes, options.MaxWaitingBytesBeforeReply, options.KeepAliveInterval) = (1000, 5000, Timeout.InfiniteTimeSpan));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("""{"type":"ask"}""");
        await client.TextAsync();
        var many = client.Post(ClientFrames.Join(Enumerable.Repeat(ClientFrames.Text("""{"type":"x"}"""), 2000)));
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Session!.Processor!.IsFull, Patience.Limit));
        Assert.False(many.IsCompleted);

        // It is not read any more, and the request's time is over all the same.
        await server.AdvanceUntilAsync(Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Conversation.IsClosing, Patience.Limit)), TimeSpan.FromSeconds(40));
        Assert.Equal(1011, handler.Connection.Close!.Value.Code);
    }

    [Theory]
    [InlineData("""{"type":"next","id":1,"data":"item"}""")]
    [InlineData("""{"type":"complete","id":1}""")]
    [InlineData("""{"type":"reply","id":"1","data":"text"}""")]
    [InlineData("""{"type":"reply","id":1.0,"data":"fraction"}""")]
    public async Task A_message_that_is_no_reply_to_it_does_not_answer_a_request(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var reply = (await _life.NextAsync()).Connection.Client<IEvents>().AskAsync("?").AsTask();
        await client.TextAsync();

        await client.TextAsync(message);
        await client.TextAsync("""{"type":"reply","id":1,"data":"the reply"}""");

        Assert.Equal("the reply", await reply.WaitAsync(Patience.Limit));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_the_wait()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        var reply = connection.Client<IEvents>().AskAsync("?").AsTask();
        await client.TextAsync();

        client.Abort();

        var error = await Assert.ThrowsAsync<ConnectionClosedException>(() => reply.WaitAsync(Patience.Limit));
        Assert.Equal(1006, error.Close.Code);
        await Assert.ThrowsAsync<ConnectionClosedException>(async () => await connection.Client<IEvents>().AskAsync("?"));
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_handler_whose_peer_is_gone_before_it_answers_has_not_failed()
    {
        await using var server = Server((handler, ref call) => call.Reply(handler.Connection.Client<IEvents>().AskAsync("?"), TestProtocol.Strings));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("""{"type":"x","id":1}""");
        await client.TextAsync();

        client.Abort();

        await handler.Disposed;
        Assert.Equal(new CloseInfo(1006, "", CloseInitiator.Transport), Assert.Single(handler.Disconnections));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Theory, Trait("rule", "N8")]
    [InlineData(false), InlineData(true)]
    public async Task The_FIN_of_a_framed_peer_ends_the_wait_immediately(bool asksLater)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = Framed((handler, ref call) => call.Reply(AskAsync(handler), TestProtocol.Strings));
        var client = server.Connect();
        await client.OpenRawAsync("/", "json/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("{\"type\":\"x\",\"id\":1}\n");
        if (!asksLater)
        {
            release.SetResult();
            Assert.Equal("{\"type\":\"ask\",\"id\":1,\"data\":\"?\"}\n", await client.StringAsync(33));
        }

        client.Shut();
        release.TrySetResult();

        // The clock stands: no timeout can end it.
        Assert.Equal("{\"type\":\"reply\",\"id\":1,\"data\":\"gone: 1000\"}\n", await client.RestAsync());
        await handler.Disposed;
        Assert.Equal(new CloseInfo(1000, "", CloseInitiator.Peer), Assert.Single(handler.Disconnections));
        Assert.Empty(server.Logs.AboveDebug);

        async Task<string> AskAsync(TestHandler handler)
        {
            await release.Task;
            if (asksLater)
            {
                await Transport.Eventually.TrueAsync(() => handler.Connection.Conversation.PeerHasEnded, "the FIN is seen");
            }

            var error = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await handler.Connection.Client<IEvents>().AskAsync("?"));
            return $"gone: {error.Close.Code}";
        }
    }

    [Fact, Trait("rule", "N8")]
    public async Task A_framed_handler_that_does_not_catch_it_has_not_failed()
    {
        await using var server = Framed((handler, ref call) => call.Reply(handler.Connection.Client<IEvents>().AskAsync("?"), TestProtocol.Strings));
        var client = server.Connect();
        await client.OpenRawAsync("/", "json/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("{\"type\":\"x\",\"id\":1}\n");
        await client.StringAsync(33);

        client.Shut();

        Assert.Equal("", await client.RestAsync());
        await handler.Disposed;
        Assert.Equal(new CloseInfo(1000, "", CloseInitiator.Peer), Assert.Single(handler.Disconnections));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task Cancellation_ends_the_wait()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var reply = (await _life.NextAsync()).Connection.Client<IEvents>().AskAsync("?", cancellation.Token).AsTask();
        await client.TextAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_reply_of_another_shape_is_the_askers_error()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var reply = (await _life.NextAsync()).Connection.Client<IEvents>().AskAsync("?").AsTask();
        await client.TextAsync();

        await client.TextAsync("""{"type":"reply","id":1,"data":{}}""");

        await Assert.ThrowsAsync<PayloadException>(() => reply.WaitAsync(Patience.Limit));
        await client.PingAsync("alive");
        Assert.Equal("10: alive", (await client.FrameAsync()).ToString());
    }

    [Fact]
    public async Task A_reply_whose_type_throws_is_the_askers_error()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        var reply = handler.Connection.Session!.Processor!.RequestAsync<string, Picky>(new PushMethod<string>("ask"), "?", default).AsTask();
        await client.TextAsync();

        await client.TextAsync("""{"type":"reply","id":1,"data":{"value":-1}}""");

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reply.WaitAsync(Patience.Limit));
        await client.PingAsync("alive");
        Assert.Equal("10: alive", (await client.FrameAsync()).ToString());
    }

    [Theory]
    [InlineData("""{"type":"reply","id":99,"data":"x"}""")]
    [InlineData("""{"type":"reply","id":"x","data":"x"}""")]
    [InlineData("""{"type":"reply"}""")]
    [InlineData("""{"type":"error","id":99}""")]
    [InlineData("""{"type":"complete","id":99}""")]
    [InlineData("""{"type":"complete"}""")]
    [InlineData("""{"type":"next","id":99}""")]
    public async Task An_answer_that_no_caller_awaits_is_ignored(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync(message);

        await client.PingAsync("alive");
        Assert.Equal("10: alive", (await client.FrameAsync()).ToString());
    }

    [Fact]
    public async Task A_request_goes_to_one_connection_only()
    {
        await using var server = Server();
        await server.OpenAsync();
        var clients = server.Services.GetRequiredService<IClients<IEvents>>();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await clients.All.AskAsync("?"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await clients.Group("g").AskAsync("?"));
        await Assert.ThrowsAsync<ConnectionClosedException>(async () => await clients.Connection("nobody").AskAsync("?"));
    }

    private TestServer Framed(MessageMethod<JsonMessageFormat> method) => new(builder =>
    {
        builder.AddProtocol(new ProtocolEntry
        {
            Path = "/",
            Name = "json/1",
            Kind = UpgradeKind.Raw,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestFramedDispatcher<JsonMessageFormat, LineFraming>(new JsonMessageFormat(), new LineFraming(), _life, method),
            Codec = TestProtocol.Codec,
            ClientType = typeof(IEvents),
        });
        builder.AddClientContract<IEvents>(target => new EventsProxy(target));
    });

    private TestServer Server(MessageMethod<JsonMessageFormat>? method = null, Action<UpgradeOptions>? options = null) => new(
        builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, method ?? TestProtocol.Nothing));
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        },
        options);

    private sealed record Picky
    {
        public int Value
        {
            get;
            init
            {
                ArgumentOutOfRangeException.ThrowIfNegative(value);
                field = value;
            }
        }
    }
}
