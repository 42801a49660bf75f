using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Testing;

/// <summary>Tests of the connection for handlers that a test creates with new.</summary>
public class TestConnectionTests
{
    [Fact]
    public async Task A_connection_records_the_actions_of_a_handler()
    {
        using var test = new TestConnection(
            "/rooms/7?page=2", "chat.v2", "ann", new Dictionary<string, string> { ["room"] = "7" }, new Dictionary<string, string> { ["X-Tenant"] = "blue" });
        var connection = test.Connection;

        await connection.JoinAsync("lobby", TestContext.Current.CancellationToken);
        Assert.Equal(SendOutcome.Sent, await connection.SendAsync("hello", TestContext.Current.CancellationToken));
        await connection.SendAsync([1, 2], MessageKind.Binary, TestContext.Current.CancellationToken);

        Assert.Equal(("chat.v2", "7", "2", "blue"), (connection.Protocol, connection.RouteValues["room"], connection.Request.GetQueryValue("page"), connection.Request.Headers["X-Tenant"]));
        Assert.Equal("ann", connection.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)!.Value);
        Assert.Equal(["lobby"], connection.Groups);
        Assert.Equal("hello", test.Sent[0].Text);
        Assert.Equal([1, 2], test.Sent[1].Bytes.ToArray());
        Assert.Null(test.Close);
    }

    [Fact]
    public async Task Either_side_can_close_the_connection()
    {
        using var ours = new TestConnection();
        using var theirs = new TestConnection();

        await ours.Connection.CloseAsync(4000, "enough");
        var close = theirs.CloseByPeer(1006);

        Assert.Equal(new CloseInfo(4000, "enough", CloseInitiator.Local), ours.Close);
        Assert.Equal(new CloseInfo(1006, "", CloseInitiator.Transport), close);
        Assert.True(ours.Connection.Closed.IsCancellationRequested && theirs.Connection.Closed.IsCancellationRequested);
        Assert.Equal(SendOutcome.Closed, await AbortedAsync());

        static async Task<SendResult> AbortedAsync()
        {
            using var aborted = new TestConnection();
            aborted.Connection.Abort();
            await Task.Yield();
            return aborted.Close is { IsAbnormal: true } ? SendOutcome.Closed : SendOutcome.Sent;
        }
    }

    [Fact]
    public async Task The_connection_uses_the_recording_client()
    {
        var clients = new RecordingClients<IEvents>();
        using var test = new TestConnection(services: services => services.AddSingleton<IClients<IEvents>>(clients));

        await test.Connection.Client<IEvents>().SaidAsync("hi");

        var call = Assert.Single(clients.Calls);
        Assert.Equal((RecordedTarget.Connection, test.Connection, "hi"), (call.Target, call.Connection, call.Argument<string>()));
    }

    [Fact]
    public async Task A_call_to_several_receivers_is_recorded_once_with_their_names()
    {
        var clients = new RecordingClients<IEvents>();
        using var test = new TestConnection();

        await clients.Groups("a", "b").SaidAsync("groups");
        await clients.Users("ann", "bob").SaidAsync("users");
        await clients.Connections("1", "2").SaidAsync("connections");
        await clients.Except(test.Connection, test.Connection).SaidAsync("others");

        Assert.Equal(4, clients.Calls.Count);
        Assert.Equal("groups", Assert.Single(clients.ToGroup("b")).Argument<string>());
        Assert.Equal("users", Assert.Single(clients.ToUser("ann")).Argument<string>());
        Assert.Equal(["1", "2"], clients.Calls[2].Names);
        Assert.Equal([test.Connection, test.Connection], clients.Calls[3].LeftOut);
        Assert.Throws<ArgumentException>(() => clients.Groups(""));
    }

    [Fact]
    public async Task Recorded_calls_name_their_target()
    {
        var clients = new RecordingClients<IEvents> { Result = SendOutcome.Queued };
        using var test = new TestConnection();

        Assert.Equal(SendOutcome.Queued, await clients.All.SaidAsync("1"));
        await clients.Group("lobby", except: test.Connection).SaidAsync("2");
        await clients.User("ann").SaidAsync("3");
        await clients.Except(test.Connection).SaidAsync("4");
        await clients.Connection("abc").SaidAsync("5");

        Assert.Equal(
            ["All.SaidAsync(1)", "Group(lobby).SaidAsync(2)", "User(ann).SaidAsync(3)", "All.SaidAsync(4)", "Connection(abc).SaidAsync(5)"],
            clients.Calls.Select(call => call.ToString()));
        Assert.Same(test.Connection, Assert.Single(clients.ToGroup("lobby")).Connection);
        Assert.Single(clients.ToUser("ann"));
    }

    [Fact]
    public async Task A_request_gets_the_reply_of_the_test_or_an_error_that_names_the_missing_reply()
    {
        var clients = new RecordingClients<IEvents>();

        var missing = await Assert.ThrowsAsync<InvalidOperationException>(() => clients.All.AskAsync("?").AsTask());
        Assert.Contains("""Reply("AskAsync", …)""", missing.Message, StringComparison.Ordinal);
        clients.Reply(nameof(IEvents.AskAsync), call => $"re: {call.Argument<string>()}");
        Assert.Equal("re: name?", await clients.User("ann").AskAsync("name?", TestContext.Current.CancellationToken));
        clients.Reply<string>(nameof(IEvents.AskAsync), _ => throw new PeerErrorException("busy", "Not now."));
        await Assert.ThrowsAsync<PeerErrorException>(() => clients.All.AskAsync("?").AsTask());
    }
}
