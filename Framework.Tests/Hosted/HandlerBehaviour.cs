using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>The guarantees for a handler in every kind of hosting.</summary>
public abstract class HandlerBehaviour(HostedServer server)
{
    protected HostedServer Server { get; } = server;

    [Fact, Trait("rule", "S4")]
    public async Task The_clients_order_decides_between_versions()
    {
        await using var client = await OpenAsync("a", ["nobody.v1", "room.v1", "room.v2"]);

        Assert.Equal("room.v1", client.Subprotocol);
    }

    [Fact]
    public async Task A_request_is_answered_with_what_path_query_and_request_say()
    {
        await using var client = await OpenAsync("blue%20one?name=J%C3%BCrgen");

        await client.SendAsync("""{"type":"where","id":7}""");

        Assert.Equal(
            $$$"""{"type":"reply","id":7,"data":{"room":"blue one","name":"J\u00FCrgen","protocol":"room.v2","http":"{{{HandlersVersion}}}","user":null}}""",
            await client.ReceiveAsync());
        Assert.Equal(["blue one"], client.Socket.HttpResponseHeaders!["X-Room"]);
    }

    [Fact]
    public async Task A_push_to_a_group_reaches_each_member_in_its_own_format()
    {
        var room = NewRoom();
        await using var one = await OpenAsync(room);
        await using var two = await OpenAsync(room, ["room.v1"]);
        await Eventually.TrueAsync(() => Connections.FindByGroup(room).Count == 2, "both have joined");

        await one.SendAsync("""{"type":"say","data":{"text":"hello"}}""");

        Assert.Equal("""{"type":"said","data":{"text":"hello"}}""", await one.ReceiveAsync());
        Assert.Equal("""{"type":"said","text":"hello"}""", await two.ReceiveAsync());
    }

    [Fact]
    public async Task Large_messages_go_both_ways()
    {
        var room = NewRoom();
        var text = new string('x', 300_000);
        await using var client = await OpenAsync(room);

        await client.SendAsync($$$"""{"type":"say","data":{"text":"{{{text}}}"}}""");

        Assert.Equal($$$"""{"type":"said","data":{"text":"{{{text}}}"}}""", await client.ReceiveAsync());
    }

    [Fact]
    public async Task Messages_are_answered_in_their_order()
    {
        await using var client = await OpenAsync("order");

        for (var i = 1; i <= 200; i++)
        {
            await client.SendAsync($$$"""{"type":"size","id":{{{i}}},"data":{"text":"{{{new string('y', i)}}}"}}""");
        }

        for (var i = 1; i <= 200; i++)
        {
            Assert.Equal($$$"""{"type":"reply","id":{{{i}}},"data":{"length":{{{i}}}}}""", await client.ReceiveAsync());
        }
    }

    [Fact]
    public async Task A_stream_runs_until_the_client_cancels_it()
    {
        await using var client = await OpenAsync("stream");
        await client.SendAsync("""{"type":"count","id":"s"}""");
        Assert.Equal("""{"type":"next","id":"s","data":1}""", await client.ReceiveAsync());
        Assert.Equal("""{"type":"next","id":"s","data":2}""", await client.ReceiveAsync());

        await client.SendAsync("""{"type":"complete","id":"s"}""");

        Assert.Equal("count ended", await NextAsync("stream"));
    }

    [Fact, Trait("rule", "S8")]
    public async Task The_handler_refuses_with_its_status() => Assert.Equal(403, await RefusedAsync("/rooms/closed", ["room.v2"]));

    [Fact, Trait("rule", "N10")]
    public async Task An_exception_before_the_upgrade_is_a_500() => Assert.Equal(500, await RefusedAsync("/rooms/broken", ["room.v2"]));

    [Fact, Trait("rule", "S5")]
    public async Task Unknown_subprotocols_are_refused() => Assert.Equal(400, await RefusedAsync("/rooms/a", ["room.v3"]));

    [Fact, Trait("rule", "S8")]
    public async Task An_unknown_path_is_refused() => Assert.Equal(404, await RefusedAsync("/nowhere", ["room.v2"]));

    [Fact, Trait("rule", "S7")]
    public async Task A_page_of_another_site_is_refused() =>
        Assert.Equal(403, await RefusedAsync("/rooms/a", ["room.v2"], static options => options.SetRequestHeader("Origin", "https://elsewhere.example")));

    [Fact, Trait("rule", "S7")]
    public async Task A_page_of_this_site_is_let_in()
    {
        await using var client = await HostedClient.ConnectAsync(
            Server, "/rooms/a", ["room.v2"], options => options.SetRequestHeader("Origin", $"http://{Server.Address.Authority}"));

        Assert.Equal(WebSocketState.Open, client.Socket.State);
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_handlers_exception_closes_with_1011_and_no_detail()
    {
        await using var client = await OpenAsync("fail");
        await client.SendAsync("""{"type":"fail","id":1}""");
        Assert.Contains("internal_error", await client.ReceiveAsync(), StringComparison.Ordinal);

        var (code, reason) = await client.ClosedAsync();

        Assert.Equal(1011, code);
        Assert.DoesNotContain("secret", reason, StringComparison.Ordinal);
        Assert.StartsWith("1011 Local", await NextAsync("fail"), StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "W8")]
    public async Task The_handler_closes_with_its_code_and_reason()
    {
        await using var client = await OpenAsync("leave");
        await client.SendAsync("""{"type":"leave"}""");

        Assert.Equal((4000, "as asked"), await client.ClosedAsync());
        Assert.Equal("4000 Local as asked", await NextAsync("leave"));
    }

    [Fact, Trait("rule", "W7")]
    public async Task The_handler_learns_how_the_client_closed()
    {
        await using var client = await OpenAsync("bye");

        await client.CloseAsync(4001, "bye");

        Assert.Equal((4001, ""), ((int?)client.Socket.CloseStatus, client.Socket.CloseStatusDescription ?? ""));
        Assert.Equal("4001 Peer bye", await NextAsync("bye"));
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_client_that_vanishes_is_1006_once()
    {
        await using (var client = await OpenAsync("gone"))
        {
            await client.SendAsync("""{"type":"where","id":1}""");
            await client.ReceiveAsync();
        }

        Assert.Equal("1006 Transport", await NextAsync("gone"));
    }

    [Fact]
    public async Task The_connections_services_live_as_long_as_it_does()
    {
        var room = NewRoom();
        await using var client = await OpenAsync(room);
        await Eventually.TrueAsync(() => Connections.FindByGroup(room).Count == 1, "it has joined");
        var scope = (RoomScope)Connections.FindByGroup(room)[0].Items["scope"]!;
        Assert.False(scope.IsDisposed);

        await client.CloseAsync(1000, "");

        await Eventually.TrueAsync(() => scope.IsDisposed, "it is disposed of");
    }

    private string HandlersVersion => Server.Version.ToString();

    private IConnections Connections => Server.Services.GetRequiredService<IConnections>();

    private static string NewRoom() => Guid.NewGuid().ToString("N");

    private Task<string> NextAsync(string room) => Server.Log.NextAsync(room);

    private Task<HostedClient> OpenAsync(string room, string[]? subprotocols = null) =>
        HostedClient.ConnectAsync(Server, $"/rooms/{room}", subprotocols ?? ["room.v2"]);

    private Task<int> RefusedAsync(string path, string[] subprotocols, Action<ClientWebSocketOptions>? options = null) =>
        HostedClient.RefusedAsync(Server, path, subprotocols, options);
}

public class StandaloneTests(StandaloneServer server) : HandlerBehaviour(server), IClassFixture<StandaloneServer>;

public class MappedHttp1Tests(MappedServer server) : HandlerBehaviour(server), IClassFixture<MappedServer>;

[Trait("rule", "N9")]
public class MappedHttp2Tests(MappedHttp2Server server) : HandlerBehaviour(server), IClassFixture<MappedHttp2Server>;

public class StandaloneBehindNginxTests(NginxServer<StandaloneServer> server) : HandlerBehaviour(server), IClassFixture<NginxServer<StandaloneServer>>;

public class MappedBehindNginxTests(NginxServer<MappedServer> server) : HandlerBehaviour(server), IClassFixture<NginxServer<MappedServer>>;

public class StandaloneBehindYarpTests(YarpServer<StandaloneServer> server) : HandlerBehaviour(server), IClassFixture<YarpServer<StandaloneServer>>;

public class MappedBehindYarpTests(YarpServer<MappedServer> server) : HandlerBehaviour(server), IClassFixture<YarpServer<MappedServer>>;
