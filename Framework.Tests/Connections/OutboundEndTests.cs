using System.Text;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The last messages of a connection: error replies, the Close, and what still waits then.</summary>
public class OutboundEndTests
{
    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    public void An_error_reply_is_never_dropped_and_never_waits(SlowConsumerPolicy policy)
    {
        var held = new HeldOutbound(limit: 5, policy);
        held.HoldUp();
        held.Outbound.Send("error1"u8, MessageKind.Text);
        held.Outbound.Send("error2"u8, MessageKind.Text);
        var push = HeldOutbound.Message("push");

        Assert.Equal(SendOutcome.Dropped, held.Outbound.Broadcast(push, policy: null));

        push.Release();
        Assert.True(held.Outbound.IsBackedUp);
        var sent = held.EndAll();
        Assert.Equal(["error1", "error2"], sent.Take(2));
    }

    [Fact]
    public void An_error_reply_is_sent_at_once_where_nothing_waits_and_not_after_the_Close()
    {
        var held = new HeldOutbound(limit: 5);
        held.Outbound.Send("error"u8, MessageKind.Text);
        Assert.Equal(["error "], held.Flushes);
        held.EndAll();
        held.Outbound.Close(1000, "", discardQueue: false);
        held.Outbound.Send("late"u8, MessageKind.Text);

        Assert.Equal([], held.EndAll());
        Assert.Equal(["error ", "Close:1000 "], held.Flushes);
    }

    [Fact]
    public void The_first_Close_is_the_only_one()
    {
        var held = new HeldOutbound(limit: 100);
        held.Outbound.Close(1000, "", discardQueue: false);
        held.Outbound.Close(1011, "", discardQueue: true);
        held.Outbound.SendPong(default);

        Assert.Equal([], held.EndAll());
        Assert.Equal(["Close:1000 "], held.Flushes);
    }

    [Fact]
    public void The_first_Close_stays_the_only_one_while_it_waits()
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        held.Outbound.Close(1000, "", discardQueue: false);
        held.Outbound.Close(1011, "", discardQueue: true);

        Assert.Equal(["Close:1000"], held.EndAll());
    }

    [Fact]
    public void A_failures_Close_also_replaces_the_waiting_control_frames()
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        held.Outbound.SendPing();
        held.Outbound.SendPong("1"u8.ToArray());
        held.Outbound.Close(1011, "", discardQueue: true);

        Assert.Equal(["Close:1011"], held.EndAll());
    }

    [Fact]
    public void A_ping_and_a_pong_are_sent_once()
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        held.Outbound.SendPing();
        held.Outbound.SendPong("1"u8.ToArray());
        _ = held.SendAsync(new string('x', FlushBatch.MaxUnflushed));
        _ = held.SendAsync("last");

        Assert.Equal(["Pong", "Ping", new string('x', FlushBatch.MaxUnflushed), "last"], held.EndAll());
        held.Outbound.SendPing();
        held.EndAll();
        held.Outbound.SendPong("1"u8.ToArray());
        held.EndAll();
        Assert.Equal(["Ping ", "Pong "], held.Flushes.TakeLast(2));
    }

    // The bytes of a received Ping are valid only during the call.
    [Fact]
    public void A_pong_that_waits_keeps_the_pings_bytes()
    {
        var flush = new TaskCompletionSource<System.IO.Pipelines.FlushResult>();
        var scripted = new ScriptedOutbound { OnFlush = () => new(flush.Task) };
        scripted.Push("first");
        var ping = "abc"u8.ToArray();
        scripted.Outbound.SendPong(ping);
        ping.AsSpan().Clear();

        scripted.OnFlush = static () => default;
        flush.SetResult(default);

        Assert.Equal(["first", "[Pong]abc"], scripted.Flushes);
    }

    [Fact]
    public async Task A_broken_connection_keeps_nothing_and_ends_every_wait()
    {
        var held = new HeldOutbound(limit: 4, SlowConsumerPolicy.Wait);
        held.HoldUp();
        var sends = Enumerable.Range(0, 3).Select(i => held.SendAsync($"text{i}")).ToList();
        var room = held.Outbound.WhenRoomAsync();
        Assert.False(room.IsCompleted);

        held.Outbound.Break();

        await room.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(SendOutcome.Closed, (await sends[2].WaitAsync(Patience.Limit, TestContext.Current.CancellationToken)).Outcome);
        Assert.Equal(0, held.Outbound.QueuedBytes);
        Assert.True(held.Outbound.WhenRoomAsync().IsCompleted);
        held.Outbound.Break();
        var push = Encoding.UTF8.GetBytes("late");
        Assert.False(held.Outbound.TryPush(push, MessageKind.Text));
        Assert.Equal(["! "], held.Flushes);
    }

    [Theory]
    [InlineData(SendOutcome.Sent, SendOutcome.Dropped, SendOutcome.Dropped)]
    [InlineData(SendOutcome.Dropped, SendOutcome.Sent, SendOutcome.Dropped)]
    [InlineData(SendOutcome.Closed, SendOutcome.Queued, SendOutcome.Closed)]
    public void The_result_of_two_receivers_is_the_worse(SendOutcome one, SendOutcome other, SendOutcome expected)
    {
        Assert.Equal(expected, Outbound.Worse(one, other).Outcome);
        Assert.True(Outbound.Worse(one, other).IsPublished);
        Assert.False(Outbound.Worse(new(one, false), other).IsPublished);
        Assert.False(Outbound.Worse(one, new(other, false)).IsPublished);
    }
}
