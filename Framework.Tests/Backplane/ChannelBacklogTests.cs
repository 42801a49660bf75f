using System.Text;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>Pushes of other nodes that arrive faster than they are delivered stay within the memory limit.</summary>
public sealed class ChannelBacklogTests : IDisposable
{
    private readonly RecordingLogs _logs = new();
    private readonly Queue<IThreadPoolWorkItem> _scheduled = new();
    private readonly List<string> _delivered = [];
    private readonly ReceiveBacklog _all;
    private readonly ChannelBacklog _channel;

    public ChannelBacklogTests()
    {
        _all = new ReceiveBacklog(limit: 3, _logs.CreateLogger("test"));
        _channel = New("room");
    }

    public void Dispose() => _logs.Dispose();

    [Fact, Trait("rule", "W12")]
    public void A_push_that_drops_the_oldest_replaces_them()
    {
        Add(SlowConsumerPolicy.DropOldest, "a", "b", "c", "d", "e");
        Assert.Equal((3, 2), (_all.Bytes, _all.Dropped));
        Assert.Equal(["c", "d", "e"], Deliver());
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.Close)]
    [InlineData(SlowConsumerPolicy.Wait)]
    [InlineData((SlowConsumerPolicy)99)]
    public void A_push_of_every_other_policy_is_dropped_when_there_is_no_room(SlowConsumerPolicy policy)
    {
        Add(policy, "a", "b", "c", "d", "e");
        Assert.Equal((3, 2), (_all.Bytes, _all.Dropped));
        Assert.Equal(["a", "b", "c"], Deliver());
    }

    [Fact, Trait("rule", "W12")]
    public void A_newer_push_of_a_key_replaces_the_older_when_there_is_no_room()
    {
        Add("1", "A");
        Add("2", "B");
        Add("3", "A");
        Add("4", "B");
        Add("5", "A");
        Add("6", "C");
        Add("7", "A", connection: "another's");

        Assert.Equal(2, _all.Dropped);
        Assert.Equal(["1", "4", "5"], Deliver());
    }

    [Fact, Trait("rule", "W12")]
    public void A_delivered_push_of_a_key_is_not_replaced()
    {
        Add("1", "A");
        Deliver();
        Add(SlowConsumerPolicy.Close, "x", "y", "z");
        Add("2", "A");
        Assert.Equal(["1", "x", "y", "z"], Deliver());
        Assert.Equal(1, _all.Dropped);
    }

    [Fact]
    public void A_flood_on_one_channel_does_not_block_another()
    {
        Add(SlowConsumerPolicy.Close, "a", "b", "c", "d");
        var other = New("other");
        other.Add("o"u8, new PushHead(SlowConsumerPolicy.Close, null));
        other.Add("p"u8, new PushHead(SlowConsumerPolicy.Close, null));
        Assert.Equal(["a", "b", "c", "o"], Deliver());
    }

    [Fact]
    public void A_push_larger_than_the_limit_is_accepted_when_the_backlog_is_empty()
    {
        Add(SlowConsumerPolicy.DropNewest, "large", "s");
        Assert.Equal(["large"], Deliver());
    }

    [Fact]
    public void The_start_and_the_end_of_a_flood_are_logged_once()
    {
        Add(SlowConsumerPolicy.DropNewest, "a", "b", "c", "d", "e", "f");
        Assert.Equal((LogLevel.Warning, 214), (Assert.Single(_logs.Entries).Level, _logs.Entries.First().Id));
        Deliver();
        Assert.Equal([214, 215], _logs.Entries.Select(entry => entry.Id));
        Assert.Contains("3 pushes were dropped", _logs.Entries.Last().Message, StringComparison.Ordinal);
        Assert.Equal(0, _all.Bytes);
    }

    [Fact]
    public void The_backlog_is_cleared_when_the_last_member_has_left()
    {
        Add(SlowConsumerPolicy.Close, "a", "b");
        _channel.Clear();
        Assert.Equal((0, 0), (_all.Bytes, _all.Dropped));
        Assert.Empty(Deliver());
    }

    [Fact]
    public void A_long_backlog_does_not_starve_other_channels()
    {
        var all = new ReceiveBacklog(limit: 1000, _logs.CreateLogger("test"));
        var one = new ChannelBacklog("one", all, Deliver, _scheduled.Enqueue);
        var two = new ChannelBacklog("two", all, Deliver, _scheduled.Enqueue);
        for (var i = 0; i < 20; i++)
        {
            one.Add("1"u8, new PushHead(SlowConsumerPolicy.Close, null));
        }

        two.Add("2"u8, new PushHead(SlowConsumerPolicy.Close, null));
        Assert.Equal(16, Deliver().IndexOf("2"));
        Assert.Equal(21, _delivered.Count);
    }

    private ChannelBacklog New(string name) => new(name, _all, Deliver, _scheduled.Enqueue);

    private void Deliver(string channel, ReadOnlySpan<byte> message) => _delivered.Add(Encoding.UTF8.GetString(message));

    private List<string> Deliver()
    {
        while (_scheduled.TryDequeue(out var work))
        {
            work.Execute();
        }

        return _delivered;
    }

    private void Add(SlowConsumerPolicy policy, params string[] messages)
    {
        foreach (var message in messages)
        {
            _channel.Add(Encoding.UTF8.GetBytes(message), new PushHead(policy, null));
        }
    }

    private void Add(string message, string key, string? connection = null) => _channel.Add(
        Encoding.UTF8.GetBytes(message),
        new PushHead(SlowConsumerPolicy.DropNewest, new WaitingKey(connection, NeutralPushKey.Of("contract"u8, "price"u8, 0, key))));
}
