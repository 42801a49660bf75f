using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>Authorization is the same in every kind of hosting.</summary>
public abstract class AccessBehaviour(HostedServer server)
{
    [Fact, Trait("rule", "S8")]
    public async Task An_unauthenticated_client_is_refused_with_401()
    {
        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/private", ["private.v1"]));
    }

    [Fact, Trait("rule", "S8")]
    public async Task A_user_without_the_role_is_refused_with_403() =>
        Assert.Equal(403, await HostedClient.RefusedAsync(server, "/private", ["keepers.v1"], With(TestTokens.Of("ann"))));

    [Fact]
    public async Task An_expired_token_is_refused() =>
        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/private", ["private.v1"], With(TestTokens.Of("ann", expires: DateTimeOffset.UnixEpoch))));

    [Fact]
    public async Task Each_protocol_of_a_path_asks_for_what_its_own_handler_says()
    {
        await using var guest = await HostedClient.ConnectAsync(server, "/private", ["private.v1", "keepers.v1"], With(TestTokens.Of("ann")));
        await using var keeper = await HostedClient.ConnectAsync(server, "/private", ["keepers.v1", "private.v1"], With(TestTokens.Of("bob", "keeper")));

        await guest.SendAsync("x");
        await keeper.SendAsync("x");

        Assert.Equal("ann: x", await guest.ReceiveAsync());
        Assert.Equal("keeper bob: x", await keeper.ReceiveAsync());
    }

    [Fact]
    public async Task A_browsers_token_comes_as_a_subprotocol_and_is_neither_echoed_nor_logged()
    {
        var token = TestTokens.Of("secret-name", "keeper");
        await using var client = await HostedClient.ConnectAsync(server, "/private", ["bearer." + token, "private.v1"]);
        await client.SendAsync("x");

        Assert.Equal("secret-name: x", await client.ReceiveAsync());
        Assert.Equal("private.v1", client.Subprotocol);
        Assert.Equal(400, await HostedClient.RefusedAsync(server, "/rooms/a", ["bearer." + token, "nobody.v1"]));
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_alone_asks_for_no_subprotocol() =>
        Assert.Equal(400, await HostedClient.RefusedAsync(server, "/rooms/a", ["bearer." + TestTokens.Of("ann")]));

    [Fact]
    public async Task The_user_may_send_what_its_role_allows()
    {
        await using var keeper = await OpenAsync("bob", "keeper");
        await keeper.SendAsync("""{"type":"sweep","id":1}""");
        Assert.Equal("""{"type":"reply","id":1,"data":{"length":0}}""", await keeper.ReceiveAsync());
        await keeper.SendAsync("""{"type":"slowsweep","id":2,"data":{"text":"four"}}""");
        Assert.Equal("""{"type":"reply","id":2,"data":{"length":4}}""", await keeper.ReceiveAsync());
    }

    [Fact]
    public async Task A_forbidden_message_is_answered_and_the_connection_goes_on()
    {
        await using var guest = await OpenAsync("ann", "guest");
        foreach (var message in (string[])["sweep", "slowsweep"])
        {
            await guest.SendAsync($$$"""{"type":"{{{message}}}","id":1,"data":{"text":"x"}}""");
            var answer = await guest.ReceiveAsync();
            Assert.Contains("\"type\":\"error\",\"id\":1,\"code\":\"forbidden\"", answer, StringComparison.Ordinal);
        }

        await guest.SendAsync("""{"type":"size","id":2,"data":{"text":"x"}}""");
        Assert.Equal("""{"type":"reply","id":2,"data":{"length":1}}""", await guest.ReceiveAsync());
        Assert.Contains(server.Logs.Entries, static entry => entry.Message.Contains("is not authorized to send 'sweep'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Messages_behind_one_that_is_being_asked_about_wait_for_it()
    {
        await using var keeper = await OpenAsync("bob", "keeper");

        for (var i = 0; i < 20; i++)
        {
            await keeper.SendAsync($$$"""{"type":"{{{(i % 2 == 0 ? "slowsweep" : "size")}}}","id":{{{i}}},"data":{"text":"x"}}""");
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($$$"""{"type":"reply","id":{{{i}}},"data":{"length":1}}""", await keeper.ReceiveAsync());
        }
    }

    [Fact]
    public async Task A_connection_ends_when_the_login_expires()
    {
        await using var client = await OpenAsync("ann", "guest");

        // The connection may end before the reply is sent.
        await client.SendAsync("""{"type":"renew","id":1,"data":{"text":"1000000000"}}""");

        Assert.Equal((4401, "The login has expired."), await client.ClosedAsync());
    }

    [Fact]
    public async Task The_login_is_known_to_the_connection()
    {
        var expires = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(3).ToUnixTimeSeconds());
        var name = Guid.NewGuid().ToString("N");
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/a", ["room.v2"], With(TestTokens.Of(name, expires: expires)));
        var connections = server.Services.GetRequiredService<IConnections>();

        await Eventually.TrueAsync(() => connections.FindByUser(name).Count == 1, "the user's connection is found");

        Assert.Equal(expires, connections.FindByUser(name)[0].UserExpires);
    }

    private static Action<ClientWebSocketOptions> With(string token) => options => options.SetRequestHeader("Authorization", "Bearer " + token);

    private Task<HostedClient> OpenAsync(string name, string role) =>
        HostedClient.ConnectAsync(server, "/rooms/access", ["room.v2"], With(TestTokens.Of(name, role)));
}

public class StandaloneAccessTests(StandaloneServer server) : AccessBehaviour(server), IClassFixture<StandaloneServer>;

public class MappedAccessTests(MappedServer server) : AccessBehaviour(server), IClassFixture<MappedServer>;

public class MappedHttp2AccessTests(MappedHttp2Server server) : AccessBehaviour(server), IClassFixture<MappedHttp2Server>;
