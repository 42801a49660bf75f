using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The moment and the size of a flush, and its failures.</summary>
public class OutboundFlushTests
{
    // The size of a flush counts one byte of framing for each message.
    private const int Largest = FlushBatch.MaxUnflushed - 1;

    [Theory]
    [InlineData(Largest, 1)]
    [InlineData(Largest - 1, 0)]
    public void Inside_a_batch_exactly_the_largest_part_is_flushed_at_once(int length, int flushes)
    {
        var scripted = new ScriptedOutbound();
        using (FlushBatch.Begin())
        {
            scripted.Push(new string('x', length));
            Assert.Equal(flushes, scripted.Flushes.Count);
        }

        Assert.Equal(length, Assert.Single(scripted.Flushes).Length);
    }

    [Theory]
    [InlineData(Largest, 1)]
    [InlineData(Largest - 1, 0)]
    public void Control_frames_count_too(int length, int flushes)
    {
        var scripted = new ScriptedOutbound();
        using (FlushBatch.Begin())
        {
            scripted.Outbound.SendPong(new byte[length]);
            Assert.Equal(flushes, scripted.Flushes.Count);
        }

        Assert.Single(scripted.Flushes);
    }

    [Fact]
    public void A_message_that_reaches_the_largest_part_ends_its_flush()
    {
        var held = new HeldOutbound(limit: int.MaxValue);
        held.HoldUp();
        _ = held.SendAsync(new string('x', Largest));
        _ = held.SendAsync("y");

        held.EndAll();

        Assert.Equal(["! ", new string('x', Largest) + " ", "y "], held.Flushes);
    }

    [Fact]
    public void Each_batch_flushes_only_what_was_written_in_it()
    {
        var (first, second) = (new ScriptedOutbound(), new ScriptedOutbound());
        using (FlushBatch.Begin())
        {
            first.Push("1");
            using (FlushBatch.Begin())
            {
                first.Push("2");
            }

            Assert.Empty(first.Flushes);
        }

        using (FlushBatch.Begin())
        {
            second.Push("3");
        }

        second.Push("4");
        Assert.Equal(["12"], first.Flushes);
        Assert.Equal(["3", "4"], second.Flushes);
    }

    [Fact]
    public void A_write_during_the_flush_of_a_batch_is_flushed_in_the_same_batch()
    {
        var (first, second) = (new ScriptedOutbound(), new ScriptedOutbound());
        first.OnFlush = () =>
        {
            second.Push("answer");
            Assert.Empty(second.Flushes);
            return default;
        };
        using (FlushBatch.Begin())
        {
            first.Push("question");
        }

        Assert.Equal(["answer"], second.Flushes);
    }

    [Fact]
    public void Nothing_is_flushed_without_a_write()
    {
        var scripted = new ScriptedOutbound();
        scripted.Outbound.Flush();
        scripted.Push("x");
        scripted.Outbound.Flush();
        Assert.Equal(["x"], scripted.Flushes);
    }

    [Fact]
    public void Each_flush_has_a_number_and_a_size_while_it_is_in_progress()
    {
        var held = new HeldOutbound(limit: 100);
        Assert.Equal(0, held.Outbound.FlushUnderWay);
        _ = held.SendAsync("12345");
        var first = held.Outbound.FlushUnderWay;
        Assert.True(first > 0);
        Assert.Equal(6, held.Outbound.FlushSize);
        _ = held.SendAsync("123456789");

        held.EndFlush();
        var second = held.Outbound.FlushUnderWay;
        Assert.True(second > first);
        Assert.Equal(10, held.Outbound.FlushSize);

        held.EndFlush();
        Assert.Equal(0, held.Outbound.FlushUnderWay);
        _ = held.SendAsync("1");
        Assert.True(held.Outbound.FlushUnderWay > second);
        held.Outbound.Break();
        Assert.Equal(0, held.Outbound.FlushUnderWay);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("fails")]
    [InlineData("ends")]
    [InlineData("ends later")]
    [InlineData("fails later")]
    public async Task After_a_failed_flush_nothing_is_sent(string failure)
    {
        var flush = new TaskCompletionSource<FlushResult>();
        var scripted = new ScriptedOutbound(limit: 1)
        {
            OnFlush = () => failure switch
            {
                "throws" => throw new IOException("The transport has failed."),
                "fails" => ValueTask.FromException<FlushResult>(new IOException("The transport has failed.")),
                "ends" => new(ScriptedOutbound.Ended),
                _ => new(flush.Task),
            },
        };
        Assert.True(scripted.Push("first"));
        if (failure == "ends later")
        {
            flush.SetResult(ScriptedOutbound.Ended);
        }
        else if (failure == "fails later")
        {
            flush.SetException(new IOException("The transport has failed."));
        }

        Assert.False(scripted.Push("second"));
        Assert.Equal(SendOutcome.Closed, (await scripted.Outbound.SendAsync("third"u8, MessageKind.Text)).Outcome);
        scripted.Outbound.Flush();
        Assert.True(scripted.Outbound.WhenDrainedAsync().IsCompletedSuccessfully);
        Assert.Equal(["first"], scripted.Flushes);
    }

    [Fact]
    public void A_connection_without_an_owner_drops_and_closes_too()
    {
        var flush = new TaskCompletionSource<FlushResult>();
        foreach (var (policy, outcome) in ((SlowConsumerPolicy, SendOutcome)[])
            [
                (SlowConsumerPolicy.Wait, SendOutcome.Closed), (SlowConsumerPolicy.Close, SendOutcome.Closed),
                (SlowConsumerPolicy.DropNewest, SendOutcome.Dropped), (SlowConsumerPolicy.DropOldest, SendOutcome.Dropped),
            ])
        {
            var scripted = new ScriptedOutbound(limit: 1) { OnFlush = () => new(flush.Task) };
            scripted.Push("first");
            var message = HeldOutbound.Message("second");
            Assert.Equal(SendOutcome.Queued, scripted.Outbound.Broadcast(message, policy));
            Assert.Equal(outcome, scripted.Outbound.Broadcast(message, policy));
            Assert.Equal(policy != SlowConsumerPolicy.Wait, scripted.Outbound.BroadcastAsync(message, policy).AsTask().IsCompleted);
            message.Release();
        }
    }

    [Fact]
    public async Task Drained_means_that_the_transport_has_everything()
    {
        var held = new HeldOutbound(limit: 100);
        held.HoldUp();
        _ = held.SendAsync("waiting");
        var drained = held.Outbound.WhenDrainedAsync();
        Assert.Same(drained, held.Outbound.WhenDrainedAsync());
        Assert.Equal(SendOutcome.Closed, (await held.SendAsync("late")).Outcome);

        held.EndFlush();
        Assert.False(drained.IsCompleted);
        held.EndFlush();

        Assert.True(drained.IsCompletedSuccessfully);
        Assert.Equal(["! ", "waiting "], held.Flushes);
        Assert.True(held.Outbound.WhenDrainedAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void Draining_flushes_what_a_batch_has_written()
    {
        var held = new HeldOutbound(limit: 100);
        using (FlushBatch.Begin())
        {
            held.Outbound.Send(Encoding.UTF8.GetBytes("reply"), MessageKind.Text);
            Assert.Empty(held.Flushes);
            var drained = held.Outbound.WhenDrainedAsync();
            Assert.False(drained.IsCompleted);
            Assert.Equal(["reply "], held.Flushes);
            held.EndFlush();
            Assert.True(drained.IsCompletedSuccessfully);
        }

        Assert.Single(held.Flushes);
    }
}
