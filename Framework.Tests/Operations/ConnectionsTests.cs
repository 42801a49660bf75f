using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Operations;

/// <summary>Tests of the operations on connections that an operator uses, for example from a controller.</summary>
public class ConnectionsTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task Connections_are_listed_counted_and_found()
    {
        await using var server = Server();
        var connections = server.Services.GetRequiredService<IConnections>();
        await OpenAsync(server, "/raw?user=ann");
        await OpenAsync(server, "/raw?user=ann");
        var (_, ben) = await OpenAsync(server, "/chat?user=ben", "Sec-WebSocket-Protocol: chat.v1\r\n");
        await ben.JoinAsync("lobby", TestContext.Current.CancellationToken);

        Assert.Equal((3, 3), (connections.Count, connections.List().Count));
        Assert.Equal((2, 1, 0), (connections.CountOf(null), connections.CountOf("chat.v1"), connections.CountOf("chat.v2")));
        Assert.Same(ben, connections.Find(ben.Id));
        Assert.Null(connections.Find("nobody"));
        Assert.Equal(2, connections.FindByUser("ann").Count);
        Assert.Same(ben, Assert.Single(connections.FindByGroup("lobby")));
        Assert.Equal(server.Time.GetUtcNow(), ben.OpenedAt);
    }

    [Fact]
    public async Task One_connection_or_all_connections_of_a_user_can_be_closed()
    {
        await using var server = Server();
        var connections = server.Services.GetRequiredService<IConnections>();
        var (one, first) = await OpenAsync(server, "/raw?user=ann");
        var (two, _) = await OpenAsync(server, "/raw?user=ann");
        var (other, _) = await OpenAsync(server, "/raw?user=ben");

        Assert.True(connections.Close(first.Id, 4001, "Logged in elsewhere."));
        Assert.False(connections.Close(first.Id));
        Assert.False(connections.Close("nobody"));
        Assert.Equal("close 4001 Logged in elsewhere.", (await one.FrameAsync()).ToString());
        Assert.Equal(1, connections.CloseUser("ann", 1000, "Bye."));
        Assert.Equal("close 1000 Bye.", (await two.FrameAsync()).ToString());
        await other.TextAsync("still here");
        Assert.Equal("still here", await other.TextAsync());
        Assert.Throws<ArgumentOutOfRangeException>(() => connections.Close(first.Id, 1005));
        Assert.Throws<ArgumentOutOfRangeException>(() => connections.CloseUser("nobody", 1));
    }

    [Fact]
    public async Task A_broadcast_reaches_the_selected_connections_and_skips_pipes()
    {
        await using var server = Server();
        var connections = server.Services.GetRequiredService<IConnections>();
        var (one, _) = await OpenAsync(server, "/raw");
        var (two, _) = await OpenAsync(server, "/chat", "Sec-WebSocket-Protocol: chat.v1\r\n");
        await server.Connect().OpenRawAsync("/pipe", "pipe/1");
        await _life.NextAsync();

        Assert.Equal(2, connections.Broadcast("to all"u8, MessageKind.Text));
        Assert.Equal(1, connections.Broadcast("to one"u8, MessageKind.Text, connection => connection.Protocol is null));

        Assert.Equal("to all", await one.TextAsync());
        Assert.Equal("to one", await one.TextAsync());
        Assert.Equal("to all", await two.TextAsync());
    }

    private async Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(TestServer server, string path, string more = "")
    {
        var client = await server.OpenAsync(path, more);
        return (client, (await _life.NextAsync()).Connection);
    }

    private TestServer Server()
    {
        _life.Upgrading = handler =>
        {
            if (handler.Connection.Request.GetQueryValue("user") is { } user)
            {
                handler.Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user)], "test")));
            }

            return new(UpgradeResult.Accept());
        };
        return new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/raw"));
            builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, "/chat", "chat.v1"));
            builder.AddProtocol(TestProtocol.Pipe(_life, async (handler, _) => await Task.Delay(Timeout.Infinite, handler.Connection.Closed), "/pipe"));
        });
    }
}
