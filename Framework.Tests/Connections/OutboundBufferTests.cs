using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Fuzz;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The buffers of waiting messages return to the pool when they are sent, replaced, dropped or given up.</summary>
[Collection(nameof(EngineAlone))]
public sealed class OutboundBufferTests : IDisposable
{
    private readonly TrackedBuffers _buffers = new();

    public void Dispose() => _buffers.Dispose();

    [Fact]
    public void A_message_that_waits_has_one_buffer_until_it_is_sent()
    {
        var held = Held();
        _ = held.SendAsync("reply");
        held.Outbound.Send("error"u8, MessageKind.Text);
        _ = held.Outbound.PushAsync("push"u8, MessageKind.Text).AsTask();
        Assert.Equal(3, _buffers.Out);

        held.EndAll();

        _buffers.AssertReturned();
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest, 1)]
    [InlineData(SlowConsumerPolicy.DropNewest, 1)]
    [InlineData(SlowConsumerPolicy.Close, 1)]
    [InlineData(SlowConsumerPolicy.Wait, 3)]
    public void A_push_without_room_keeps_no_buffer_unless_it_waits(SlowConsumerPolicy policy, int kept)
    {
        var held = Held(limit: 5);
        for (var i = 0; i < 3; i++)
        {
            var message = HeldOutbound.Message($"{i}2345");
            _ = held.Outbound.BroadcastAsync(message, policy).AsTask();
            message.Release();
        }

        Assert.Equal(kept, _buffers.Out);
        held.EndAll();
        _buffers.AssertReturned();
    }

    [Fact]
    public void A_replaced_push_gives_its_buffer_back()
    {
        var held = Held();
        var key = new PushKey<string>("method", "A");
        for (var i = 0; i < 3; i++)
        {
            var message = HeldOutbound.Message($"{i}", key);
            Assert.Equal(SendOutcome.Queued, held.Outbound.Broadcast(message, policy: null));
            message.Release();
        }

        Assert.Equal(1, _buffers.Out);
        Assert.Equal(["2"], held.EndAll());
        _buffers.AssertReturned();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_end_of_a_connection_gives_the_buffers_of_its_queue_back(bool isBroken)
    {
        var held = Held();
        _ = held.SendAsync("one");
        _ = held.SendAsync("two");
        Assert.Equal(2, _buffers.Out);

        if (isBroken)
        {
            held.Outbound.Break();
        }
        else
        {
            held.Outbound.Close(1011, "", discardQueue: true);
        }

        _buffers.AssertReturned();
    }

    [Fact]
    public void A_shared_message_goes_back_when_the_last_queue_has_sent_it()
    {
        var (first, second) = (Held(), Held());
        var message = HeldOutbound.Message("both");
        first.Outbound.Broadcast(message, policy: null);
        second.Outbound.Broadcast(message, policy: null);
        message.Release();
        Assert.Equal(1, _buffers.Out);

        first.EndAll();
        Assert.Equal(1, _buffers.Out);
        Assert.Equal(["both"], second.EndAll());
        _buffers.AssertReturned();
    }

    private static HeldOutbound Held(int limit = 1000)
    {
        var held = new HeldOutbound(limit, SlowConsumerPolicy.DropOldest);
        held.HoldUp();
        return held;
    }
}
