using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A push that takes the place of an older one with its key: the room that it needs, and its treatment afterwards.</summary>
public class OutboundReplaceTests
{
    private readonly PushKey<string> _key = new("method", "A");

    [Theory]
    [InlineData("12345", 5)]
    [InlineData("1", 1)]
    public void The_queue_has_the_bytes_of_the_newer_push_only(string newer, long bytes)
    {
        var held = Held(limit: 100, SlowConsumerPolicy.DropNewest);
        Push(held, "123", _key);
        Push(held, newer, _key);
        Assert.Equal(bytes, held.Outbound.QueuedBytes);
        Assert.False(held.Outbound.IsBackedUp);
        Assert.Equal([newer], held.EndAll());
        Assert.Equal(0, held.Outbound.QueuedBytes);
    }

    [Fact]
    public void Alone_in_the_queue_it_may_have_any_size()
    {
        var held = Held(limit: 5, SlowConsumerPolicy.DropNewest);
        Push(held, "123", _key);
        Assert.Equal(SendOutcome.Queued, Push(held, "1234567890", _key));
        Assert.Equal(["1234567890"], held.EndAll());
    }

    [Theory]
    [InlineData("123456", SendOutcome.Queued)]
    [InlineData("1234567", SendOutcome.Dropped)]
    public void Beside_others_it_fits_up_to_exactly_the_limit(string newer, SendOutcome outcome)
    {
        var held = Held(limit: 10, SlowConsumerPolicy.DropNewest);
        Push(held, "1234");
        Push(held, "1", _key);
        Assert.Equal(outcome, Push(held, newer, _key));
        Assert.Equal(["1234", outcome == SendOutcome.Queued ? newer : "1"], held.EndAll());
    }

    [Fact]
    public void It_can_be_dropped_like_the_older_one()
    {
        var held = Held(limit: 10, SlowConsumerPolicy.DropOldest);
        Push(held, "old", _key);
        Push(held, "newer", _key);
        Push(held, "67890");
        Assert.Equal(SendOutcome.Dropped, Push(held, "last"));
        Assert.False(held.Outbound.IsBackedUp);
        Assert.Equal(["67890", "last"], held.EndAll());
    }

    [Fact]
    public void Larger_than_the_room_under_DropOldest_it_drops_older_pushes_and_keeps_its_place()
    {
        var held = Held(limit: 10, SlowConsumerPolicy.DropOldest);
        Push(held, "1234");
        Push(held, "A", _key);
        Push(held, "5678");
        Assert.Equal(SendOutcome.Dropped, Push(held, "Abcdef", _key));
        Assert.Equal(10, held.Outbound.QueuedBytes);
        Assert.Equal(["Abcdef", "5678"], held.EndAll());
    }

    [Fact]
    public void After_it_was_sent_the_next_one_of_its_key_has_a_place_of_its_own()
    {
        var held = Held(limit: 100, SlowConsumerPolicy.DropOldest);
        Push(held, "1", _key);
        Push(held, "2", _key);
        held.EndFlush();
        Push(held, "3", _key);
        Push(held, "x");
        Push(held, "4", _key);
        Assert.Equal("2 ", held.Flushes[^1]);
        Assert.Equal(["4", "x"], held.EndAll());
    }

    private static HeldOutbound Held(int limit, SlowConsumerPolicy policy)
    {
        var held = new HeldOutbound(limit, policy);
        held.HoldUp();
        return held;
    }

    private static SendOutcome Push(HeldOutbound held, string text, PushKey? key = null)
    {
        var message = HeldOutbound.Message(text, key);
        var outcome = held.Outbound.Broadcast(message, policy: null);
        message.Release();
        return outcome;
    }
}
