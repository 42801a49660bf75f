using Microsoft.Extensions.Logging;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>After an outage the nodes reconnect one after the other: kept messages are for the nodes that were connected before.</summary>
public sealed class ReturningNodesTests : IAsyncDisposable
{
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(6);

    private readonly InProcessNetwork _network = new();
    private GatedBackplane? _gate;

    public async ValueTask DisposeAsync()
    {
        if (_gate is not null)
        {
            await _gate.DisposeAsync();
        }
    }

    [Fact]
    public async Task Kept_messages_reach_a_node_that_reconnects_later_than_the_sender()
    {
        await using var one = await StartAsync();
        await using var two = await StartGatedAsync();
        await TestNode.MeetAsync(one, two);
        var (there, _) = await two.OpenAsync("room");

        await CutAsync(one);
        await SayAsync(one, SendOutcome.Queued, "1", "2");
        _network.IsCut = false;
        Assert.Equal((false, 0L), (one.Status.IsConnected, one.Status.Lost));
        await SayAsync(one, SendOutcome.Queued, "3");

        // More time has passed than a node may be silent, but the time of the outage doesn't count.
        Assert.Equal(1, one.Status.OtherNodes);
        _gate!.Open();
        await Eventually.TrueAsync(() => one.Status.IsConnected, "the other node has been heard");
        await SayAsync(one, SendOutcome.Sent, "4");

        Assert.Equal(["1", "2", "3", "4"], await ReadAsync(there, 4));
    }

    [Fact]
    public async Task The_sender_waits_for_a_node_that_does_not_reconnect_as_long_as_a_node_may_be_silent()
    {
        await using var one = await StartAsync();
        await using var three = await TestNode.StartAsync(_ => _network.Connect());
        await using var two = await StartGatedAsync();
        await TestNode.MeetAsync(one, two, three);
        var (there, _) = await three.OpenAsync("room");

        await CutAsync(one);
        await SayAsync(one, SendOutcome.Queued, "1");
        _network.IsCut = false;
        await Eventually.TrueAsync(() => three.Status.IsConnected, "the third is back");
        one.Pass(TimeSpan.FromSeconds(4));
        Assert.False(one.Status.IsConnected);
        await SayAsync(one, SendOutcome.Queued, "2");
        await Eventually.TrueAsync(
            () =>
            {
                three.Pass(TimeSpan.FromSeconds(1));
                one.Pass(TimeSpan.FromSeconds(1));
                return one.Status.IsConnected;
            },
            "the second counts as dead");

        Assert.Equal(["1", "2"], await ReadAsync(there, 2));
        Assert.Equal(0, one.Status.Lost);
    }

    [Fact]
    public async Task The_sender_does_not_wait_for_a_node_that_stops_or_for_a_new_node()
    {
        await using var one = await StartAsync();
        var two = await StartGatedAsync();
        await TestNode.MeetAsync(one, two);

        await CutAsync(one);
        await SayAsync(one, SendOutcome.Queued, "1");
        _network.IsCut = false;
        await using var fresh = await StartAsync();
        var (there, _) = await fresh.OpenAsync("room");
        Assert.False(one.Status.IsConnected);
        _gate!.Open();
        await two.DisposeAsync();

        await Eventually.TrueAsync(() => one.Status.IsConnected, "nobody is waited for");
        Assert.Equal(["1"], await ReadAsync(there, 1));
    }

    [Fact]
    public async Task A_second_outage_during_the_wait_keeps_the_order_and_duplicates_nothing()
    {
        await using var one = await StartAsync();
        await using var two = await StartGatedAsync();
        await TestNode.MeetAsync(one, two);
        var (there, _) = await two.OpenAsync("room");
        var changes = new List<bool>();
        one.Link.Changed += (_, change) => changes.Add(change.Status.IsConnected);

        for (var outage = 0; outage < 3; outage++)
        {
            await CutAsync(one);
            await SayAsync(one, SendOutcome.Queued, $"{2 * outage}");
            _network.IsCut = false;
            await SayAsync(one, SendOutcome.Queued, $"{(2 * outage) + 1}");
        }

        _gate!.Open();
        Assert.Equal(["0", "1", "2", "3", "4", "5"], await ReadAsync(there, 6));
        await Eventually.TrueAsync(() => one.Status.IsConnected, "it is over");
        Assert.Equal([false, true], changes);
        Assert.Single(one.Server.Logs.Entries, static entry => entry.Id == 201);
    }

    [Fact]
    public async Task A_member_that_joined_during_the_outage_gets_the_kept_messages()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        _network.IsCut = true;
        var (there, _) = await two.OpenAsync("late");
        Assert.Equal(SendOutcome.Queued, await one.Clients.Group("late").SaidAsync("1"));

        _network.IsCut = false;

        Assert.Equal(["1"], await ReadAsync(there, 1));
    }

    [Fact]
    public async Task A_hundred_joins_during_an_outage_log_only_the_outage()
    {
        await using var one = await StartAsync();
        Assert.DoesNotContain(one.Server.Logs.AboveDebug, static entry => entry.Level > LogLevel.Information || entry.Exception is not null);
        _network.IsCut = true;
        var (_, connection) = await one.OpenAsync([.. Enumerable.Range(0, 100).Select(i => $"room {i}")]);
        Assert.Equal(100, connection.Groups.Count);
        await connection.LeaveAsync("room 7", TestContext.Current.CancellationToken);
        _network.IsCut = false;
        await one.Link.Channels.Open("g:room 99").WhenOpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal([200, 201, 200], one.Server.Logs.AboveDebug.Where(static entry => entry.Id is >= 200 and < 300).Select(static entry => entry.Id));
        Assert.DoesNotContain(one.Server.Logs.Entries, static entry => entry.Exception is not null);
        await using var two = await StartAsync();
        await two.Clients.Group("room 50").SaidAsync("hello");
    }

    [Fact]
    public async Task A_channel_that_the_server_refuses_is_one_warning_and_the_reason_in_the_status()
    {
        var engine = new Refusing(_network.Connect());
        await using var one = await TestNode.StartAsync(_ => engine);
        engine.IsRefusing = true;
        var (_, connection) = await one.OpenAsync();
        var joins = Enumerable.Range(0, 5).Select(i => connection.JoinAsync($"room {i}", TestContext.Current.CancellationToken).AsTask()).ToArray();
        await Eventually.TrueAsync(() => one.Status.Problem is not null, "it is known");
        await one.Server.AdvanceUntilAsync(Task.WhenAll(joins));

        Assert.True(one.Status.IsConnected);
        Assert.Contains("NOPERM", one.Status.Problem, StringComparison.Ordinal);
        Assert.Single(one.Server.Logs.AboveDebug, static entry => entry.Id == 202);
        Assert.DoesNotContain(one.Server.Logs.AboveDebug, static entry => entry.Exception is not null);

        engine.IsRefusing = false;
        one.Pass(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => one.Status.Problem is null, "it is tried again");
    }

    private static async Task SayAsync(TestNode node, SendResult expected, params string[] texts)
    {
        foreach (var text in texts)
        {
            Assert.Equal(expected, await node.Clients.Group("room").SaidAsync(text));
        }
    }

    private static async Task<List<string>> ReadAsync(Hosting.TestClient client, int count)
    {
        var said = new List<string>();
        while (said.Count < count)
        {
            said.Add(await TestNode.SaidAsync(client));
        }

        return said;
    }

    // Earlier messages of the node that reconnects later have been read, so they don't count as a sign of life.
    private async Task CutAsync(TestNode node)
    {
        _gate!.Shut();
        var before = node.Status.Unreadable;
        await using var marker = _network.Connect();
        await marker.PublishAsync("upgrade:all", new byte[] { 1 });
        await Eventually.TrueAsync(() => node.Status.Unreadable > before, "the marker has been read");
        _network.IsCut = true;
        node.Pass(s_outage);
    }

    private Task<TestNode> StartAsync() => TestNode.StartAsync(_ => _network.Connect(), Buffered);

    private Task<TestNode> StartGatedAsync() => TestNode.StartAsync(_ => _gate = new GatedBackplane(_network.Connect()), Buffered);

    private static void Buffered(BackplaneOptions options) => (options.BufferBytes, options.BufferTime) = (1_000_000, TimeSpan.FromMinutes(1));

    private sealed class Refusing(IBackplane inner) : IBackplane
    {
        public bool IsRefusing { get; set; }

        public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken) => inner.StartAsync(listener, cancellationToken);

        public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => inner.PublishAsync(channel, message, cancellationToken);

        public ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken) =>
            IsRefusing ? throw new InvalidOperationException("NOPERM this user has no permissions.") : inner.SubscribeAsync(channel, cancellationToken);

        public ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken) => inner.UnsubscribeAsync(channel, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
