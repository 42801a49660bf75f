using Microsoft.Extensions.DependencyInjection;
using System.Security.Claims;
using Ocpp;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A format that has one request in progress at a time: the next waits for its turn.</summary>
public class OneRequestTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task The_second_request_is_sent_when_the_first_is_answered()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var peer = await PeerAsync();
        var first = peer.AskAsync("a").AsTask();
        var second = peer.AskAsync("b").AsTask();
        var third = peer.AskAsync("c").AsTask();

        Assert.Equal("""[2,"1","ask","a"]""", await client.TextAsync());
        await NothingIsWaitingAsync(client);
        await client.TextAsync("""[3,"1",{}]""");
        Assert.Equal("""[2,"2","ask","b"]""", await client.TextAsync());
        await NothingIsWaitingAsync(client);
        await client.TextAsync("""[4,"2","GenericError","no",{}]""");
        Assert.Equal("""[2,"3","ask","c"]""", await client.TextAsync());
        await client.TextAsync("""[3,"3",{}]""");

        // The reply's type is a string, and OCPP's payloads are objects: what comes back doesn't matter here.
        await Assert.ThrowsAsync<PayloadException>(() => first.WaitAsync(Patience.Limit));
        var error = await Assert.ThrowsAsync<PeerErrorException>(() => second.WaitAsync(Patience.Limit));
        Assert.Equal(("GenericError", "no"), (error.Code, error.Message));
        await Assert.ThrowsAsync<PayloadException>(() => third.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_request_that_times_out_lets_the_next_one_go_whose_time_begins_then()
    {
        await using var server = Server(options => options.KeepAliveInterval = Timeout.InfiniteTimeSpan);
        var client = await server.OpenAsync();
        var peer = await PeerAsync();
        var first = peer.AskAsync("a").AsTask();
        var second = peer.AskAsync("b").AsTask();
        await client.TextAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => server.AdvanceUntilAsync(first));
        Assert.Equal("""[2,"2","ask","b"]""", await client.TextAsync());
        Assert.False(second.IsCompleted);
        await client.TextAsync("""[3,"1",{}]""");
        await client.TextAsync("""[4,"2","x","in time",{}]""");
        Assert.Equal("in time", (await Assert.ThrowsAsync<PeerErrorException>(() => second.WaitAsync(Patience.Limit))).Message);
    }

    [Fact]
    public async Task A_cancelled_request_keeps_the_peer_busy_until_its_answer()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var peer = await PeerAsync();
        using var cancellation = new CancellationTokenSource();
        var first = peer.AskAsync("a", cancellation.Token).AsTask();
        var waiting = peer.AskAsync("never sent", cancellation.Token).AsTask();
        var second = peer.AskAsync("b").AsTask();
        await client.TextAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Patience.Limit));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience.Limit));
        await NothingIsWaitingAsync(client);
        await client.TextAsync("""[4,"1","x","y",{}]""");
        Assert.Equal("""[2,"2","ask","b"]""", await client.TextAsync());
        await client.TextAsync("""[4,"2","x","y",{}]""");
        await Assert.ThrowsAsync<PeerErrorException>(() => second.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task The_end_of_the_connection_ends_all_that_wait()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        var peer = await PeerAsync();
        var requests = Enumerable.Range(0, 5).Select(number => peer.AskAsync($"{number}").AsTask()).ToList();
        await client.TextAsync();

        client.Abort();

        foreach (var request in requests)
        {
            await Assert.ThrowsAsync<ConnectionClosedException>(() => request.WaitAsync(Patience.Limit));
        }
    }

    [Fact]
    public async Task A_user_that_has_come_back_is_asked_on_the_connection_that_is_open()
    {
        _life.Upgrading = handler =>
        {
            handler.Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "cp-1")], "test")));
            return new(UpgradeResult.Accept());
        };
        await using var server = Server();
        await server.OpenAsync();
        var old = (await _life.NextAsync()).Connection;
        var client = await server.OpenAsync();
        await _life.NextAsync();
        var user = server.Services.GetRequiredService<IClients<IEvents>>().User("cp-1");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await user.AskAsync("which?"));

        // Its client never answers the Close: the old connection is still there.
        await old.CloseAsync();

        var answer = user.AskAsync("you?").AsTask();
        Assert.Equal("""[2,"1","ask","you?"]""", await client.TextAsync());
        await client.TextAsync("""[4,"1","x","me",{}]""");
        Assert.Equal("me", (await Assert.ThrowsAsync<PeerErrorException>(() => answer.WaitAsync(Patience.Limit))).Message);
        Assert.Equal(2, server.Services.GetRequiredService<IConnections>().FindByUser("cp-1").Count);
    }

    // The bytes that are already in the pipe arrive before the answer to a Ping.
    private static async Task NothingIsWaitingAsync(TestClient client)
    {
        await client.PingAsync("?");
        Assert.Equal("10: ?", (await client.FrameAsync()).ToString());
    }

    private async Task<IEvents> PeerAsync() => (await _life.NextAsync()).Connection.Client<IEvents>();

    private TestServer Server(Action<UpgradeOptions>? options = null) => new(
        builder =>
        {
            builder.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                HandlerType = typeof(TestHandler),
                Dispatcher = new TestDispatcher<OcppMessageFormat>(new OcppMessageFormat(), _life, TestProtocol.Nothing),
                Codec = TestProtocol.Codec,
                ClientType = typeof(IEvents),
            });
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        },
        options);
}
