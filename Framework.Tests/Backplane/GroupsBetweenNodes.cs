using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>Groups are changed from outside of a handler, for connections of any node.</summary>
public abstract class GroupsBetweenNodes
{
    /// <summary>Creates the backplane of another node.</summary>
    private protected abstract IBackplane Create();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_joins_and_leaves_a_group(bool isElsewhere)
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (client, connection) = await two.OpenAsync();
        var groups = GroupsOf(isElsewhere ? one : two);

        Assert.True(await groups.AddAsync(connection.Id, "room", "Ann"));
        Assert.Equal(["room"], connection.Groups);
        await one.Clients.Group("room").SaidAsync("hello");
        Assert.Equal("hello", await TestNode.SaidAsync(client));
        Assert.Equal(["Ann"], (await one.Presence.GetGroupAsync("room", cancellationToken: Token)).Members.Select(member => member.Tag));

        // A second time changes nothing.
        Assert.True(await groups.AddAsync(connection.Id, "room"));
        Assert.True(await groups.RemoveAsync(connection.Id, "room"));
        Assert.True(await groups.RemoveAsync(connection.Id, "room"));
        Assert.Empty(connection.Groups);
        await one.Clients.Group("room").SaidAsync("not heard");
        await one.Clients.Connection(connection.Id).SaidAsync("last");
        Assert.Equal("last", await TestNode.SaidAsync(client));
    }

    [Fact]
    public async Task A_connection_that_is_not_open_is_reported()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (client, connection) = await two.OpenAsync();
        await client.CloseAsync();
        await client.UntilCloseAsync();
        await client.EndAsync();
        await Eventually.TrueAsync(() => two.Server.Hub.Count == 0, "the connection has ended");

        Assert.False(await GroupsOf(one).AddAsync(connection.Id, "room"));
        Assert.False(await GroupsOf(two).AddAsync(connection.Id, "room"));
        Assert.False(await GroupsOf(one).RemoveAsync(connection.Id, "room"));
        Assert.False(await GroupsOf(one).AddAsync("nobody", "room"));
        Assert.False(await GroupsOf(one).AddAsync(NodeId.New().Mark("unknown-node"), "room"));
    }

    [Theory]
    [InlineData("", "room")]
    [InlineData("id", "")]
    [InlineData("id", "half a surrogate pair")]
    public async Task A_name_that_cannot_be_used_is_refused(string id, string group)
    {
        await using var one = await StartAsync();
        group = group.StartsWith("half", StringComparison.Ordinal) ? "\ud800" : group;

        await Assert.ThrowsAsync<ArgumentException>(async () => await GroupsOf(one).AddAsync(id, group));
        await Assert.ThrowsAsync<ArgumentException>(async () => await GroupsOf(one).RemoveAsync(id, group));
    }

    [Fact]
    public async Task The_end_of_the_node_ends_the_waiting()
    {
        await using var one = await StartAsync();
        var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (_, connection) = await two.OpenAsync();
        await two.DisposeAsync();
        await Eventually.TrueAsync(
            () =>
            {
                // Its goodbye may not have arrived: then its silence ends it.
                one.Pass(TimeSpan.FromSeconds(1));
                return one.Link.Nodes.Count == 0;
            },
            "the node is gone");

        Assert.False(await GroupsOf(one).AddAsync(connection.Id, "room"));
    }

    [Fact]
    public async Task A_push_to_several_groups_reaches_each_connection_once()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (here, _) = await one.OpenAsync("a", "b");
        var (there, _) = await two.OpenAsync("b", "c");
        var (onlyC, _) = await two.OpenAsync("c");
        var (outside, _) = await two.OpenAsync("d");

        await one.Clients.Groups("a", "b", "a", "nobody").SaidAsync("first");
        await two.Clients.Groups("c", "d").SaidAsync("second");
        await one.Clients.All.SaidAsync("last");

        await AssertSaidAsync(here, "first", "last");
        await AssertSaidAsync(there, "first", "second", "last");
        await AssertSaidAsync(onlyC, "second", "last");
        await AssertSaidAsync(outside, "second", "last");
    }

    [Fact]
    public async Task A_push_to_several_users_and_connections_reaches_them_on_any_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (here, annHere) = await one.OpenAsync();
        var (there, annThere) = await two.OpenAsync();
        var (bob, bobs) = await two.OpenAsync();
        var (other, others) = await one.OpenAsync();
        SetUser(annHere, "ann");
        SetUser(annThere, "ann");
        SetUser(bobs, "bob");
        await two.Link.Channels.Open(BackplaneChannels.UserPrefix + "ann").WhenOpenAsync(Token);
        await two.Link.Channels.Open(BackplaneChannels.UserPrefix + "bob").WhenOpenAsync(Token);

        await one.Clients.Users("ann", "bob", "nobody").SaidAsync("users");
        await one.Clients.Connections(annHere.Id, bobs.Id, bobs.Id, "nobody").SaidAsync("connections");
        await one.Clients.Except(annHere, others).SaidAsync("others");
        await one.Clients.All.SaidAsync("last");

        await AssertSaidAsync(here, "users", "connections", "last");
        await AssertSaidAsync(there, "users", "others", "last");
        await AssertSaidAsync(bob, "users", "connections", "others", "last");
        await AssertSaidAsync(other, "last");
    }

    [Fact]
    public async Task A_request_needs_a_single_receiver()
    {
        await using var one = await StartAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await one.Clients.Groups("a", "b").AskAsync("?", Token));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await one.Clients.Users("a").AskAsync("?", Token));
        Assert.Throws<ArgumentException>(() => one.Clients.Groups("a", ""));
        Assert.Throws<ArgumentException>(() => one.Clients.Users(""));
    }

    private static void SetUser(UpgradeConnection connection, string id) =>
        connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", id)], "test")));

    // Pushes on different channels may overtake each other on their way to another node.
    private static async Task AssertSaidAsync(TestClient client, params string[] expected)
    {
        List<string> said = [];
        while (said.Count < expected.Length)
        {
            said.Add(await TestNode.SaidAsync(client));
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
    }

    private protected static IGroups GroupsOf(TestNode node) => node.Server.Services.GetRequiredService<IGroups>();

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected Task<TestNode> StartAsync() => TestNode.StartAsync(_ => Create());
}

public sealed class InProcessGroupsTests : GroupsBetweenNodes
{
    private readonly InProcessNetwork _network = new();

    [Fact]
    public async Task A_node_that_does_not_confirm_is_named_in_the_exception()
    {
        await using var one = await StartAsync();
        var silent = NodeId.New();
        one.Link.Nodes.Heard(silent, one.Server.Hub.Clock.Now);
        var adding = GroupsOf(one).AddAsync(silent.Mark("connection"), "room").AsTask();
        one.Pass(TimeSpan.FromSeconds(2));

        var exception = await Assert.ThrowsAsync<TimeoutException>(() => adding);
        Assert.Contains($"Node {silent} ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backplane_that_is_away_is_reported_at_once()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (_, connection) = await two.OpenAsync();

        _network.IsCut = true;

        await Assert.ThrowsAsync<IOException>(async () => await GroupsOf(one).AddAsync(connection.Id, "room"));
        Assert.True(await GroupsOf(two).AddAsync(connection.Id, "room", cancellationToken: Token));
    }

    private protected override IBackplane Create() => _network.Connect();
}

[Trait("needs", "redis")]
public sealed class RedisGroupsTests : GroupsBetweenNodes, IAsyncLifetime
{
    private readonly ServerProcess _redis = ServerProcess.Redis();

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private protected override IBackplane Create() => _redis.ConnectRedis();
}

/// <summary>Without a backplane, groups are changed on this server.</summary>
public sealed class LocalGroupsTests
{
    [Fact]
    public async Task A_connection_joins_and_leaves_a_group()
    {
        using var connection = new TestConnection();
        var groups = connection.Connection.Hub.Services.GetRequiredService<IGroups>();

        Assert.True(await groups.AddAsync(connection.Connection.Id, "room"));
        Assert.Equal(["room"], connection.Connection.Groups);
        Assert.True(await groups.RemoveAsync(connection.Connection.Id, "room"));
        Assert.Empty(connection.Connection.Groups);
        Assert.False(await groups.AddAsync("nobody", "room"));
    }
}
