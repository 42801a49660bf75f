namespace UpgradeProtocols.Tests.Connections;

/// <summary>The outbound queue of a connection whose transport accepts nothing for a while: exact limits, order, policies and the end.</summary>
public class OutboundQueueTests
{
    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest, "a10000,c10000")]
    [InlineData(SlowConsumerPolicy.DropNewest, "a10000,b10000")]
    public async Task A_message_that_is_not_a_push_is_never_dropped(SlowConsumerPolicy policy, string expected)
    {
        var held = new HeldOutbound(limit: 12, policy);
        held.HoldUp();
        var reply = held.SendAsync("a10000");
        var first = HeldOutbound.Message("b10000");
        var second = HeldOutbound.Message("c10000");

        Assert.Equal(SendOutcome.Queued, held.Outbound.Broadcast(first, policy: null));
        Assert.Equal(SendOutcome.Dropped, held.Outbound.Broadcast(second, policy: null));

        Assert.Equal(SendOutcome.Queued, (await reply).Outcome);
        first.Release();
        second.Release();
        Assert.Equal(expected.Split(','), held.EndAll());
        AssertReturned(first, second);
    }

    [Fact]
    public async Task Exactly_the_limit_fits_and_one_byte_more_waits()
    {
        var held = new HeldOutbound(limit: 10);
        held.HoldUp();
        Assert.True(held.SendAsync("12345").IsCompleted);
        Assert.True(held.SendAsync("67890").IsCompleted);
        Assert.Equal(10, held.Outbound.QueuedBytes);

        var waiting = held.SendAsync("x");

        Assert.False(waiting.IsCompleted);
        Assert.Equal(11, held.Outbound.QueuedBytes);
        held.EndFlush();
        Assert.Equal(SendOutcome.Queued, (await waiting.WaitAsync(Patience.Limit)).Outcome);
        Assert.Equal("12345 67890 x ", held.Flushes[^1]);
        Assert.Equal(0, held.Outbound.QueuedBytes);
    }

    [Fact]
    public void An_empty_queue_accepts_a_message_of_any_size()
    {
        var held = new HeldOutbound(limit: 10);
        held.HoldUp();

        Assert.True(held.SendAsync(new string('x', 1000)).IsCompleted);
        Assert.False(held.SendAsync("y").IsCompleted);
    }

    [Fact]
    public void Reading_stops_only_when_replies_exceed_the_limit()
    {
        var held = new HeldOutbound(limit: 10);
        held.HoldUp();
        var push = HeldOutbound.Message("12345678901234567890");
        held.Outbound.Broadcast(push, SlowConsumerPolicy.DropOldest);
        Assert.False(held.Outbound.IsBackedUp);
        _ = held.SendAsync("1234567890");
        Assert.False(held.Outbound.IsBackedUp);

        _ = held.SendAsync("1");

        Assert.True(held.Outbound.IsBackedUp);
        Assert.False(held.Outbound.WhenRoomAsync().IsCompleted);
        held.EndAll();
        Assert.False(held.Outbound.IsBackedUp);
        push.Release();
        AssertReturned(push);
    }

    // Exactly the limit is no room yet: the next message would have to wait again.
    [Fact]
    public void Waiters_continue_when_less_than_the_limit_waits()
    {
        const int Limit = FlushBatch.MaxUnflushed + 1000;
        var held = new HeldOutbound(Limit);
        held.HoldUp();
        _ = held.SendAsync(new string('x', FlushBatch.MaxUnflushed));
        _ = held.SendAsync(new string('y', Limit));
        var room = held.Outbound.WhenRoomAsync();

        held.EndFlush();
        Assert.Equal(Limit, held.Outbound.QueuedBytes);
        Assert.False(room.IsCompleted);

        held.EndFlush();
        Assert.True(room.IsCompleted);
    }

    [Fact]
    public void A_long_queue_is_flushed_in_parts()
    {
        var held = new HeldOutbound(limit: int.MaxValue);
        held.HoldUp();
        var text = new string('x', 999);
        for (var i = 0; i < 100; i++)
        {
            _ = held.SendAsync(text);
        }

        held.EndAll();

        Assert.All(held.Flushes.Skip(1), flush => Assert.InRange(flush.Length, 1, FlushBatch.MaxUnflushed + 1000));
        Assert.Equal(100_000, held.Flushes.Skip(1).Sum(flush => flush.Length));
    }

    [Fact]
    public async Task A_transport_that_has_ended_ends_all_waiting()
    {
        var held = new HeldOutbound(limit: 10);
        held.HoldUp();
        var queued = HeldOutbound.Message("1234567890");
        held.Outbound.Broadcast(queued, SlowConsumerPolicy.DropOldest);
        var waiting = held.SendAsync("x");
        var drained = held.Outbound.WhenDrainedAsync();

        held.EndFlush(isCompleted: true);

        Assert.Equal(SendOutcome.Closed, (await waiting.WaitAsync(Patience.Limit)).Outcome);
        await drained.WaitAsync(Patience.Limit);
        Assert.Equal(SendOutcome.Closed, (await held.SendAsync("later")).Outcome);
        Assert.Equal(0, held.Outbound.QueuedBytes);
        Assert.Equal(["! "], held.Flushes);
        queued.Release();
        AssertReturned(queued);
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(true, "Close:1011")]
    [InlineData(false, "waiting,Close:1011")]
    public void A_failures_Close_replaces_the_waiting_messages_and_a_regular_one_follows_them(bool discardQueue, string expected)
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        var message = HeldOutbound.Message("waiting");
        held.Outbound.Broadcast(message, policy: null);

        held.Outbound.Close(1011, "", discardQueue);
        _ = held.SendAsync("never");
        held.Outbound.SendPing();

        message.Release();
        Assert.Equal(expected.Split(','), held.EndAll());
        AssertReturned(message);
    }

    [Fact]
    public void The_latest_pong_and_a_ping_pass_the_waiting_messages()
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        _ = held.SendAsync("message");
        held.Outbound.SendPing();
        held.Outbound.SendPong("1"u8.ToArray());
        held.Outbound.SendPong("2"u8.ToArray());

        Assert.Equal(["Pong", "Ping", "message"], held.EndAll());
    }

    [Fact]
    public void A_push_with_a_full_queue_and_the_policy_Close_closes_once_for_each_push_and_is_not_kept()
    {
        var held = new HeldOutbound(limit: 5);
        held.HoldUp();
        var first = HeldOutbound.Message("12345");
        var second = HeldOutbound.Message("6");
        Assert.Equal(SendOutcome.Queued, held.Outbound.Broadcast(first, policy: null));
        Assert.Equal(0, held.ClosedAsSlow);

        Assert.Equal(SendOutcome.Closed, held.Outbound.Broadcast(second, policy: null));

        Assert.Equal(1, held.ClosedAsSlow);
        second.Release();
        AssertReturned(second);
        first.Release();
        Assert.Equal(["12345"], held.EndAll());
        AssertReturned(first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_that_has_left_gets_nothing(bool isHeldUp)
    {
        var held = new HeldOutbound(limit: 100);
        if (isHeldUp)
        {
            held.HoldUp();
        }

        var message = HeldOutbound.Message("late");

        Assert.Equal(SendOutcome.Sent, held.Outbound.Broadcast(message, policy: null, new Left()));
        Assert.Equal(SendOutcome.Sent, (await held.Outbound.BroadcastAsync(message, policy: null, new Left())).Outcome);

        message.Release();
        AssertReturned(message);
        Assert.Equal(isHeldUp ? ["! "] : [], held.Flushes);
        Assert.Equal(0, held.Outbound.QueuedBytes);
    }

    [Fact]
    public async Task A_push_that_waits_is_sent_once_after_it_had_no_room()
    {
        var held = new HeldOutbound(limit: 5, SlowConsumerPolicy.Wait);
        held.HoldUp();
        var first = HeldOutbound.Message("12345");
        var second = HeldOutbound.Message("67890");
        Assert.Equal(SendOutcome.Queued, (await held.Outbound.BroadcastAsync(first, policy: null)).Outcome);

        var waiting = held.Outbound.BroadcastAsync(second, policy: null).AsTask();

        Assert.False(waiting.IsCompleted);
        first.Release();
        second.Release();
        Assert.Equal(["12345", "67890"], held.EndAll());
        Assert.Equal(SendOutcome.Queued, (await waiting.WaitAsync(Patience.Limit)).Outcome);
        AssertReturned(first, second);
    }

    // The payload of a message whose buffer was returned can't be read.
    private static void AssertReturned(params SharedMessage[] messages) =>
        Assert.All(messages, message => Assert.Throws<ArgumentOutOfRangeException>(() => message.Payload.Length));

    private sealed class Left : IPushRecipient
    {
        public bool HasLeft => true;
    }
}
