using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>Engines over a real Redis: the numbers of a large application, and the subscriptions in Redis.</summary>
[Trait("needs", "redis")]
public sealed class RedisNodesTests : IAsyncLifetime
{
    private readonly ServerProcess _redis = ServerProcess.Redis();

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task A_hundred_groups_of_a_thousand_members_on_two_nodes_get_each_message_once()
    {
        const int Groups = 100;
        const int Members = 1000;
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var groups = Enumerable.Range(0, Groups).Select(i => $"group {i:000}").ToArray();
        var clients = new List<Hosting.TestClient>();
        for (var i = 0; i < Members; i++)
        {
            clients.Add((await (i % 2 == 0 ? one : two).OpenAsync(groups)).Client);
        }

        var reading = clients.Select(client => Task.Run(async () =>
        {
            var heard = new HashSet<string>(StringComparer.Ordinal);
            for (var i = 0; i < Groups; i++)
            {
                Assert.True(heard.Add(await TestNode.SaidAsync(client)));
            }

            return heard.Count;
        })).ToArray();
        await Task.WhenAll(((TestNode[])[one, two]).Select((node, half) => Task.Run(async () =>
        {
            foreach (var group in groups.Where((_, index) => index % 2 == half))
            {
                Assert.True((await node.Clients.Group(group).SaidAsync(group)).IsPublished);
            }
        })));

        Assert.All(await Task.WhenAll(reading), count => Assert.Equal(Groups, count));
        Assert.Equal((Groups + 2, Groups + 2), (one.Status.Channels, two.Status.Channels));

        // Each push is one message on the wire for any number of members; the rest are heartbeats.
        Assert.InRange(one.Status.Published, Groups / 2, (Groups / 2) + 5);
    }

    [Fact]
    public async Task Redis_holds_subscriptions_only_for_groups_with_members_and_no_data()
    {
        await using var one = await StartAsync();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_redis.Address);
        var server = redis.GetServers()[0];
        var (_, connection) = await one.OpenAsync("room");
        Assert.Equal(["upgrade:g:room"], await GroupsAsync());

        await connection.LeaveAsync("room");

        await Eventually.TrueAsync(() => one.Status.Channels == 2, "the group is given up");
        Assert.Empty(await GroupsAsync());
        Assert.Equal(0, await server.DatabaseSizeAsync());

        async Task<string[]> GroupsAsync() =>
            [.. (await server.SubscriptionChannelsAsync(RedisChannel.Pattern("upgrade:g:*"))).Select(channel => channel.ToString())];
    }

    [Fact]
    public async Task A_server_that_stops_answering_is_disconnected_until_it_answers()
    {
        await using var one = await StartAsync();
        await _redis.PauseAsync();
        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("room").SaidAsync("not yet known"));

        one.Pass(TimeSpan.FromSeconds(3));

        Assert.Equal((false, "The server doesn't answer."), (one.Status.IsConnected, one.Status.Problem));
        Assert.Equal(new SendResult(SendOutcome.Sent, isPublished: false), await one.Clients.Group("room").SaidAsync("refused"));
        await _redis.ContinueAsync();
        await Eventually.TrueAsync(() => one.Status.IsConnected, "it answers again");
        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("room").SaidAsync("taken"));
    }

    [Theory]
    [InlineData("", "NOAUTH")]
    [InlineData(",password=wrong", "WRONGPASS")]
    [InlineData(",password=secret,ssl=true", "TLS")]
    public async Task A_configuration_error_is_the_reason_in_the_status_and_one_warning(string configuration, string reason)
    {
        await using var locked = ServerProcess.Redis(password: "secret");
        await locked.StartAsync();
        await AssertWrongAsync(locked.Address + configuration, reason);
    }

    [Theory]
    [InlineData("127.0.0.1:1", "Connection refused")]
    [InlineData("nobody.invalid:6379", "can't be reached")]
    public async Task A_server_that_cannot_be_reached_is_the_reason_in_the_status_and_one_warning(string address, string reason) =>
        await AssertWrongAsync(address, reason);

    private static async Task AssertWrongAsync(string address, string reason)
    {
        await using var server = new Hosting.TestServer(builder => builder.AddBackplane(_ => ServerProcess.ConnectRedis(address)));
        var link = server.Hub.Backplane!;
        await link.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => link.Status.Problem!.Contains(reason, StringComparison.Ordinal), $"{reason} stands in the status");

        Assert.False(link.Status.IsConnected);

        // The status changes before the warning is written.
        await Eventually.TrueAsync(() => server.Logs.Entries.Any(static entry => entry.Id == 201), "the warning is written");
        var warning = Assert.Single(server.Logs.Entries, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
        Assert.Equal(201, warning.Id);
        Assert.Contains(reason, warning.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Logs.AboveDebug, static entry => entry.Exception is not null);
    }

    // The library retries refused channels only once a minute.
    [Fact]
    public async Task Channels_that_the_server_refuses_after_a_reconnect_are_the_reason_and_are_retried_soon()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (client, _) = await two.OpenAsync("room");
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{_redis.Address},allowAdmin=true");
        var server = redis.GetServers()[0];
        await server.ExecuteAsync("ACL", "SETUSER", "default", "resetchannels");
        await server.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");

        await Eventually.TrueAsync(() => two.Status.Problem?.Contains("NOPERM", StringComparison.Ordinal) == true, "the reason stands in the status");
        await server.ExecuteAsync("ACL", "SETUSER", "default", "allchannels");
        await Eventually.TrueAsync(() => one.Status.IsConnected && two.Status.IsConnected, "the channels are there again");

        await one.Clients.Group("room").SaidAsync("once");
        await one.Clients.Group("room").SaidAsync("more");
        Assert.Equal("once", await TestNode.SaidAsync(client));
        Assert.Equal("more", await TestNode.SaidAsync(client));
    }

    [Fact]
    public async Task A_replica_is_the_reason_in_the_status()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{_redis.Address},allowAdmin=true");
        await redis.GetServers()[0].ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        await AssertWrongAsync(_redis.Address, "is a replica");
    }

    [Fact]
    public void A_configuration_without_a_server_is_refused() =>
        Assert.Throws<ArgumentException>(() => new UpgradeProtocolsBuilder(new ServiceCollection()).AddRedis("abortConnect=false"));

    private Task<TestNode> StartAsync() => TestNode.StartAsync(_ => _redis.ConnectRedis());
}
