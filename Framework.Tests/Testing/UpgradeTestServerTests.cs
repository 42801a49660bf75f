using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Testing;

/// <summary>Tests of the in-memory server of the package UpgradeProtocols.Testing.</summary>
public class UpgradeTestServerTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task A_request_gets_its_reply_and_an_error_is_an_exception()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        Assert.Equal("chat.v1", client.Protocol);
        Assert.Equal(42, await client.RequestAsync<int>("double", 21));
        var error = await Assert.ThrowsAsync<PeerErrorException>(() => client.RequestAsync<int>("refuse", 1));
        Assert.Equal(("full", "No room."), (error.Code, error.Message));
        Assert.Equal("unknown_message", (await Assert.ThrowsAsync<PeerErrorException>(() => client.RequestAsync("nope"))).Code);
    }

    [Fact]
    public async Task Concurrent_requests_each_get_their_own_reply()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.RequestAsync<int>("double", i)));

        Assert.Equal(Enumerable.Range(0, 50).Select(i => 2 * i), replies);
    }

    [Fact]
    public async Task The_connection_is_open_when_ConnectAsync_returns_and_pushes_reach_it()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");
        var other = await server.ConnectAsync("/chat", "chat.v1");
        await client.Connection.JoinAsync("lobby", TestContext.Current.CancellationToken);

        Assert.Equal(2, server.Connections.Count);
        await server.Clients<IEvents>().All.SaidAsync("first");
        await server.Clients<IEvents>().Group("lobby").SaidAsync("second");

        Assert.Equal("first", await client.ReceiveAsync<string>("said"));
        Assert.Equal("second", await client.ReceiveAsync<string>("said"));
        Assert.Equal("first", await other.ReceiveAsync<string>("said"));
    }

    [Fact]
    public async Task A_push_waits_until_it_is_received_by_name_in_any_order()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        await client.Connection.SendAsync("""{"type":"one","data":1}""", TestContext.Current.CancellationToken);
        await client.Connection.SendAsync("""{"type":"two","data":2}""", TestContext.Current.CancellationToken);

        Assert.Equal(2, await client.ReceiveAsync<int>("two"));
        Assert.Equal("one", (await client.ReceiveAsync()).Name);
    }

    [Fact]
    public async Task The_client_can_reply_to_a_request_of_the_server()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");
        var asking = client.Connection.Client<IEvents>().AskAsync("name?", TestContext.Current.CancellationToken).AsTask();

        var request = await client.ReceiveAsync("ask");
        Assert.Equal("name?", request.Payload<string>());
        await client.ReplyAsync(request, "Ann");

        Assert.Equal("Ann", await asking);
    }

    [Fact]
    public async Task A_stream_is_enumerated_and_stopping_early_cancels_it()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        Assert.Equal([0, 1, 2], await client.StreamAsync<int>("count", 3, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken));
        await foreach (var item in client.StreamAsync<int>("count", int.MaxValue, TestContext.Current.CancellationToken))
        {
            if (item == 2)
            {
                break;
            }
        }

        await _cancelled.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_receive_timeout_lists_the_received_messages_and_consumes_no_later_message()
    {
        await using var server = Server();
        server.Timeout = TimeSpan.FromMilliseconds(50);
        var client = await server.ConnectAsync("/chat", "chat.v1");
        await server.Clients<IEvents>().All.SaidAsync("hello");
        await client.ReceiveFrameAsync();

        var late = await Assert.ThrowsAsync<TimeoutException>(() => client.ReceiveAsync("gone"));

        Assert.Contains("""did not receive 'gone' within""", late.Message, StringComparison.Ordinal);
        Assert.Contains("""{"type":"said","data":"hello"}""", late.Message, StringComparison.Ordinal);
        await client.Connection.SendAsync("""{"type":"gone","data":1}""", TestContext.Current.CancellationToken);
        await client.ReceiveFrameAsync();
        Assert.Equal(1, await client.ReceiveAsync<int>("gone"));
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_exception_with_the_response()
    {
        _life.Upgrading = handler => new(handler.Connection.Request.Headers["Authorization"] == "Bearer t"
            ? UpgradeResult.Accept()
            : UpgradeResult.Refuse(401, "Who are you?").WithHeader("WWW-Authenticate", "Bearer"));
        await using var server = Server();

        var refused = await Assert.ThrowsAsync<UpgradeRefusedException>(() => server.ConnectAsync("/chat", "chat.v1"));
        Assert.Equal((401, "Who are you?\n", "Bearer"), (refused.StatusCode, refused.Body, refused.Headers["www-authenticate"]));
        Assert.Equal(404, (await Assert.ThrowsAsync<UpgradeRefusedException>(() => server.ConnectAsync("/nowhere"))).StatusCode);
        Assert.Equal(400, (await Assert.ThrowsAsync<UpgradeRefusedException>(() => server.ConnectAsync("/chat", "chat.v9"))).StatusCode);
        await server.ConnectAsync("/chat", "chat.v1", new Dictionary<string, string> { ["Authorization"] = "Bearer t" });
    }

    [Fact]
    public async Task Each_side_gets_the_close_of_the_other_side()
    {
        await using var server = Server();
        var (first, second, third) = (await server.ConnectAsync("/chat", "chat.v1"), await server.ConnectAsync("/chat", "chat.v1"), await server.ConnectAsync("/chat", "chat.v1"));
        var handlers = new[] { await _life.NextAsync(), await _life.NextAsync(), await _life.NextAsync() }.ToDictionary(handler => handler.Connection);

        Assert.Equal(new CloseInfo(4001, "", CloseInitiator.Local), await first.CloseAsync(4001, "bye"));
        Assert.Equal(new CloseInfo(4001, "bye", CloseInitiator.Peer), await handlers[first.Connection].Disconnected);
        await second.Connection.CloseAsync(4002, "enough");
        Assert.Equal(new CloseInfo(4002, "enough", CloseInitiator.Peer), await second.Closed);
        Assert.Equal(new CloseInfo(4002, "enough", CloseInitiator.Local), await handlers[second.Connection].Disconnected);
        third.Abort();
        Assert.Equal(1006, (await handlers[third.Connection].Disconnected).Code);
        Assert.Equal(1006, (await third.Closed).Code);
        await Assert.ThrowsAsync<ConnectionClosedException>(() => third.ReceiveAsync());
        await Assert.ThrowsAsync<ConnectionClosedException>(() => third.SendAsync("double", 1));
    }

    [Fact]
    public async Task Frames_are_sent_and_received_unchanged()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/raw");

        await client.SendFrameAsync(1, "he"u8.ToArray(), isFinal: false);
        await client.SendFrameAsync(9, "now?"u8.ToArray());
        await client.SendFrameAsync(0, "llo"u8.ToArray());

        Assert.Equal("10: now?", (await client.ReceiveFrameAsync()).ToString());
        Assert.Equal("1: hello", (await client.ReceiveFrameAsync()).ToString());
        Assert.Equal("hello", await client.ReceiveAsync<string>(""));
        await client.SendFrameAsync(3);
        Assert.Equal(1002, (await client.ReceiveFrameAsync()).CloseCode);
        Assert.Equal(1002, (await client.Closed).Code);
    }

    [Fact]
    public async Task Text_and_bytes_are_sent_and_received_without_an_envelope()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/raw");

        await client.SendAsync("", "text");
        await client.SendAsync("", new byte[] { 1, 2, 3 });

        Assert.Equal("text", await client.ReceiveAsync<string>(""));
        Assert.Equal([1, 2, 3], await client.ReceiveAsync<byte[]>(""));
    }

    [Fact]
    public async Task The_server_uses_the_clock_of_the_test_and_drops_a_client_that_answers_no_pings()
    {
        var time = new FakeTimeProvider();
        await using var server = Server(time);
        var alive = await server.ConnectAsync("/raw");
        var silent = await server.ConnectAsync("/raw");
        silent.AnswersPings = false;

        // One second at a time: the pong of the first client must arrive before the next step counts as a missed pong.
        for (var second = 0; second < 60 && !silent.Connection.Closed.IsCancellationRequested; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await alive.SendAsync("", "still here");
            await alive.ReceiveAsync<string>("");
        }

        Assert.Equal(1006, (await silent.Closed).Code);
        Assert.False(alive.Connection.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_client_that_pauses_is_a_slow_consumer()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/slow");
        client.Pause();
        SendResult result;

        do
        {
            result = await client.Connection.SendAsync(new string('x', 50_000), TestContext.Current.CancellationToken);
        }
        while (result.Outcome is SendOutcome.Sent or SendOutcome.Queued);

        Assert.Equal(SendOutcome.Closed, result);
        client.Resume();
        Assert.Equal(1008, (await client.Closed).Code);
    }

    [Fact]
    public async Task The_two_directions_of_a_raw_protocol_end_separately()
    {
        await using var server = Server();
        var client = await server.ConnectRawAsync("/lines", "lines/1");

        await client.SendAsync("one\ntwo\n");
        await client.Output.CompleteAsync();

        Assert.Equal("one", await client.ReceiveLineAsync());
        Assert.Equal("two", await client.ReceiveLineAsync());
        Assert.Null(await client.ReceiveLineAsync());
    }

    [Fact]
    public async Task A_failure_of_the_server_is_the_inner_exception_and_is_in_the_output()
    {
        var output = new ConcurrentQueue<string>();
        await using var server = new UpgradeTestServer(Configure, output: output.Enqueue);
        var client = await server.ConnectAsync("/chat", "chat.v1");

        var failed = await Assert.ThrowsAsync<PeerErrorException>(() => client.RequestAsync("fail"));
        var closed = await Assert.ThrowsAsync<ConnectionClosedException>(() => client.ReceiveAsync("said"));

        Assert.Equal("The store is closed.", failed.InnerException?.Message);
        Assert.Equal("The store is closed.", closed.InnerException?.Message);
        Assert.Contains(output, line => line.StartsWith("Error ", StringComparison.Ordinal) && line.Contains("The store is closed.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_before_the_101_is_the_inner_exception()
    {
        _life.Upgrading = _ => throw new InvalidOperationException("No tenant.");
        await using var server = Server();

        var refused = await Assert.ThrowsAsync<UpgradeRefusedException>(() => server.ConnectAsync("/chat?a=1", "chat.v1"));

        Assert.Equal((500, "No tenant."), (refused.StatusCode, refused.InnerException?.Message));
    }

    [Fact]
    public async Task A_client_has_the_user_that_the_test_gives_it()
    {
        await using var server = Server();
        var ann = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "test"));

        var client = await server.ConnectAsync("/chat", "chat.v1", user: ann);
        var lines = await server.ConnectRawAsync("/lines", "lines/1", user: ann);
        await server.Clients<IEvents>().User("ann").SaidAsync("hello");

        Assert.Same(ann, lines.Connection.User);
        Assert.Equal("hello", await client.ReceiveAsync<string>("said"));
    }

    [Fact]
    public async Task An_unreadable_message_throws_an_explaining_error_and_frames_are_still_received()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        await client.Connection.SendAsync("no JSON", TestContext.Current.CancellationToken);
        var unreadable = await Assert.ThrowsAsync<InvalidOperationException>(() => client.ReceiveAsync("said"));

        Assert.Contains("ReceiveFrameAsync", unreadable.Message, StringComparison.Ordinal);
        Assert.Contains("no JSON", unreadable.Message, StringComparison.Ordinal);
        Assert.Equal("no JSON", (await client.ReceiveFrameAsync()).Text);
    }

    [Fact]
    public async Task Stopping_closes_with_1001_and_accepts_no_connection()
    {
        await using var server = Server();
        var client = await server.ConnectAsync("/chat", "chat.v1");

        await server.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1001, (await client.Closed).Code);
        Assert.Equal(503, (await Assert.ThrowsAsync<UpgradeRefusedException>(() => server.ConnectAsync("/chat", "chat.v1"))).StatusCode);
    }

    [Fact]
    public async Task The_services_of_a_host_that_was_not_started_are_served()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Configure(builder.Services);
        using var host = builder.Build();
        await using var server = new UpgradeTestServer(host.Services);

        Assert.Equal(4, await (await server.ConnectAsync("/chat", "chat.v1")).RequestAsync<int>("double", 2));
    }

    [Fact]
    public void Services_without_protocols_throw_an_error_that_names_the_missing_call()
    {
        using var services = new ServiceCollection().BuildServiceProvider();

        Assert.Contains("AddUpgradeProtocols", Assert.Throws<InvalidOperationException>(() => new UpgradeTestServer(services)).Message, StringComparison.Ordinal);
    }

    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private UpgradeTestServer Server(TimeProvider? time = null) => new(Configure, time);

    private void Configure(IServiceCollection services)
    {
        var builder = new UpgradeProtocolsBuilder(services).Configure(options => options.MaxOutboundBytes = 100_000);
        builder.AddProtocol(TestProtocol.Json(_life, Dispatch, "/chat", "chat.v1"));
        builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/raw"));
        builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/slow", SlowConsumerPolicy.Close));
        builder.AddProtocol(TestProtocol.Lines(_life, TestProtocol.Echo, "/lines"));
        builder.AddClientContract<IEvents>(target => new EventsProxy(target));
    }

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "double":
                return call.TryRead(TestProtocol.Numbers, out var number) ? call.Reply(2 * number, TestProtocol.Numbers) : default;
            case "fail":
                throw new InvalidOperationException("The store is closed.");
            case "refuse":
                throw new MessageException("full", "No room.");
            case "count":
                return call.TryRead(TestProtocol.Numbers, out var count) && call.TryOpenStream(out var stream)
                    ? call.Stream(CountAsync(count, stream.Cancelled), stream, TestProtocol.Numbers)
                    : default;
            default:
                return call.Unknown();
        }
    }

    private async IAsyncEnumerable<int> CountAsync(
        int count, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
        finally
        {
            // A callback of the token could come after the end of the method, and would then not be called.
            if (cancellationToken.IsCancellationRequested)
            {
                _cancelled.TrySetResult();
            }
        }
    }
}
