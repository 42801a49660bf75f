using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>Messages that wait in the queue when the connection ends. They run only after a regular close by the peer.</summary>
public class WaitingAtTheEndTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _begun = new();

    public static TheoryData<string, string> LocalEnds
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var protocol in (string[])["websocket", "lines", "concurrent", "batch", "filtered"])
            {
                foreach (var end in (string[])["close", "closed by id", "user closed", "abort", "login", "failure", "stop", "drain", "fail", "lost"])
                {
                    cases.Add(protocol, end);
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(LocalEnds))]
    public async Task Waiting_messages_are_dropped(string protocol, string end)
    {
        await using var server = Server(protocol);
        var (client, handler) = await OpenAsync(server, protocol);
        await SendAsync(client, protocol, "1", "2", "3");
        await BegunAsync("1");

        await EndAsync(server, client, handler, end);
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Conversation.IsGivenUp, Patience.Limit));

        // Another thread may still be between the flag and the queue.
        Assert.True(SpinWait.SpinUntil(() => !((IOutboundOwner)handler.Connection.Conversation).HasWaitingMessages, Patience.Limit));
        if (protocol != "lines" && end is not ("abort" or "lost" or "drain"))
        {
            // Lines aren't read any more.
            await SendAsync(client, protocol, "4");
        }

        _release.SetResult();
        await server.AdvanceUntilAsync(handler.Disposed);

        Assert.Equal(["1"], _begun);
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("lines")]
    [InlineData("concurrent")]
    [InlineData("batch")]
    [InlineData("filtered")]
    public async Task A_message_that_a_peer_sent_before_its_own_end_is_handled(string protocol)
    {
        await using var server = Server(protocol);
        var (client, handler) = await OpenAsync(server, protocol);
        await SendAsync(client, protocol, "1", "2", "3");
        await BegunAsync("1");

        if (protocol == "lines")
        {
            client.Shut();
        }
        else
        {
            await client.CloseAsync();
        }

        // Neither a handler's own close nor a stopping server drops the requests of the peer.
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Conversation.IsClosing || handler.Connection.Conversation.PeerHasEnded, Patience.Limit));
        if (protocol != "lines")
        {
            await handler.Connection.CloseAsync();
        }

        server.Stop();

        _release.SetResult();
        await handler.Disposed;
        Assert.Equal(["1", "2", "3"], _begun);
    }

    [Theory]
    [InlineData("login")]
    [InlineData("user closed")]
    [InlineData("closed by id")]
    [InlineData("abort")]
    public async Task Messages_behind_a_peers_close_are_dropped_if_they_may_not_run_any_more(string end)
    {
        await using var server = Server("websocket");
        var (client, handler) = await OpenAsync(server, "websocket");
        await SendAsync(client, "websocket", "1", "2", "3");
        await BegunAsync("1");
        handler.Connection.SetUser(handler.Connection.User, server.Time.GetUtcNow().AddSeconds(1));
        await client.CloseAsync();
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Conversation.IsClosing && server.Hub.Count == 0, Patience.Limit));

        await EndAsync(server, client, handler, end);
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Conversation.IsGivenUp, Patience.Limit));
        _release.SetResult();
        await handler.Disposed;

        Assert.Equal(["1"], _begun);
    }

    // After a pause of the process what has come meanwhile may be read before the clock is.
    [Theory]
    [InlineData("websocket")]
    [InlineData("lines")]
    [InlineData("filtered")]
    [InlineData("batch")]
    public async Task Nothing_is_begun_after_a_logins_end_though_the_clock_has_not_come(string protocol)
    {
        await using var server = Server(protocol);
        var (client, handler) = await OpenAsync(server, protocol);
        handler.Connection.SetUser(handler.Connection.User, server.Time.GetUtcNow().AddMilliseconds(200));
        server.Time.Advance(TimeSpan.FromMilliseconds(220));
        Assert.False(handler.Connection.Conversation.IsClosing);

        await SendAsync(client, protocol, "1", "2");

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Close is { Code: 4401 }, Patience.Limit)));
        _release.SetResult();
        await server.AdvanceUntilAsync(handler.Disposed);
        Assert.Empty(_begun);
    }

    // A reader that stopped because too much waited hears the peer's Close.
    [Fact]
    public async Task A_reader_that_was_held_up_goes_on_when_what_waits_is_dropped()
    {
        await using var server = Server("websocket", options => options.MaxWaitingBytes = 1);
        var (client, handler) = await OpenAsync(server, "websocket");
        _ = client.Post(ClientFrames.Join(Enumerable.Range(1, 9).Select(i => ClientFrames.Text($"{i}"))));
        await BegunAsync("1");
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Session!.Processor!.IsFull, Patience.Limit));

        await handler.Connection.CloseAsync();
        await client.UntilCloseAsync();
        await client.CloseAsync();

        await client.EndAsync();
        Assert.False(client.Aborted.IsCompleted);
        _release.SetResult();
        await handler.Disposed;
        Assert.Equal(["1"], _begun);
    }

    // The filter has begun, its message's method hasn't.
    [Fact]
    public async Task A_method_is_not_begun_when_its_filter_has_waited_beyond_the_end()
    {
        var filtered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(_life, Hold));
            builder.AddMessageFilter(async (message, next) =>
            {
                filtered.SetResult();
                await _release.Task;
                await next(message);
            });
        });
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("1");
        await filtered.Task.WaitAsync(Patience.Limit);

        await handler.Connection.CloseAsync();
        await client.UntilCloseAsync();
        await client.CloseAsync();
        _release.SetResult();

        await handler.Disposed;
        Assert.Empty(_begun);
        Assert.Empty(server.Logs.AboveDebug);
    }

    private async Task EndAsync(TestServer server, TestClient client, TestHandler handler, string end)
    {
        var connections = server.Services.GetRequiredService<IConnections>();
        switch (end)
        {
            case "close":
                await handler.Connection.CloseAsync();
                break;
            case "closed by id":
                connections.Close(handler.Connection.Id);
                break;
            case "user closed":
                connections.CloseUser("ann");
                break;
            case "abort":
                handler.Connection.Abort();
                break;
            case "login":
                handler.Connection.SetUser(handler.Connection.User, server.Time.GetUtcNow().AddSeconds(1));
                server.Time.Advance(TimeSpan.FromSeconds(2));
                break;
            case "failure":
                handler.Connection.Conversation.Fail(1002, "?");
                break;
            case "fail":
                handler.Connection.Conversation.FailHandler(new InvalidOperationException("?"));
                break;
            case "stop":
                server.Stop();
                break;
            case "drain":
                using (var over = new CancellationTokenSource())
                {
                    over.Cancel();
                    await ConnectionDrain.RunAsync(server.Hub, over.Token);
                }

                break;
            default:
                client.Abort();
                break;
        }
    }

    private async Task BegunAsync(string text) =>
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _begun.Contains(text), Patience.Limit)));

    private async Task<(TestClient Client, TestHandler Handler)> OpenAsync(TestServer server, string protocol)
    {
        var client = server.Connect();
        if (protocol == "lines")
        {
            await client.OpenRawAsync("/", "lines/1");
        }
        else
        {
            await client.OpenAsync("/");
        }

        var handler = await _life.NextAsync();
        handler.Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "test")));
        return (client, handler);
    }

    private static async Task SendAsync(TestClient client, string protocol, params string[] texts)
    {
        try
        {
            await client.SendAsync(protocol switch
            {
                "lines" => Encoding.ASCII.GetBytes(string.Concat(texts.Select(static text => text + "\n"))),
                "batch" => ClientFrames.Text($"[{string.Join(",", texts.Select(static text => $$"""{"jsonrpc":"2.0","method":"{{text}}"}"""))}]"),
                _ => ClientFrames.Join(texts.Select(static text => ClientFrames.Text(text))),
            });
        }
        catch (InvalidOperationException)
        {
            // A server that has ended the connection takes nothing more.
        }
    }

    private TestServer Server(string protocol, Action<UpgradeOptions>? options = null) => new(
        builder =>
        {
            builder.AddProtocol(protocol switch
            {
                "lines" => TestProtocol.Lines(_life, Hold),
                "concurrent" => TestProtocol.Raw(_life, HoldBeside),
                "batch" => new ProtocolEntry
                {
                    Path = "/",
                    IsDefault = true,
                    HandlerType = typeof(TestHandler),
                    Dispatcher = new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), _life, HoldCall),
                    Codec = TestProtocol.Codec,
                },
                _ => TestProtocol.Raw(_life, Hold),
            });
            if (protocol == "filtered")
            {
                builder.AddMessageFilter((message, next) => next(message));
            }
        },
        options: all =>
        {
            all.MaxConcurrentMessages = 1;
            options?.Invoke(all);
        });

    private ValueTask Hold(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Done(HoldAsync(Encoding.UTF8.GetString(call.Payload)));

    private ValueTask HoldBeside(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Detach(call.Done(HoldAsync(Encoding.UTF8.GetString(call.Payload))));

    private ValueTask HoldCall(TestHandler handler, ref MessageCall<JsonRpcMessageFormat> call) =>
        call.Done(HoldAsync(Encoding.UTF8.GetString(call.Name)));

    private async ValueTask HoldAsync(string text)
    {
        _begun.Enqueue(text);
        await _release.Task;
    }
}
