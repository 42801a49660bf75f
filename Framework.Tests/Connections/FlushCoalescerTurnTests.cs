using System.Text;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The turns of a burst in the thread pool: one at a time, and none that isn't needed.</summary>
public class FlushCoalescerTurnTests
{
    private readonly Queue<FlushCoalescer> _turns = new();
    private readonly FlushCoalescer _burst;
    private readonly ScriptedOutbound[] _members = [new(), new()];

    public FlushCoalescerTurnTests() => _burst = new FlushCoalescer(_turns.Enqueue);

    [Fact]
    public void Many_messages_wait_for_one_turn()
    {
        Push("1");
        Push("2");
        Assert.Single(_turns);
        TakeTurn();
        Push("3");
        Assert.Single(_turns);
    }

    [Fact]
    public void A_turn_without_new_messages_is_the_last()
    {
        Push("1");
        TakeTurn();
        Assert.Single(_turns);
        TakeTurn();
        Assert.Empty(_turns);
        Assert.Equal(["1"], _members[0].Flushes);
    }

    [Fact]
    public void Two_messages_to_one_connection_in_one_batch_take_no_turn()
    {
        using (FlushBatch.Begin(_burst))
        {
            _members[0].Push("1");
            _members[0].Push("2");
        }

        Assert.Empty(_turns);
        Assert.Equal(["12"], _members[0].Flushes);

        // Connections that an earlier batch has flushed don't count.
        using (FlushBatch.Begin(_burst))
        {
            _members[1].Push("3");
        }

        Assert.Empty(_turns);
        Assert.Equal(["3"], _members[1].Flushes);
    }

    [Fact]
    public void A_batch_without_receivers_takes_no_turn()
    {
        using (FlushBatch.Begin(_burst))
        {
        }

        Assert.Empty(_turns);
    }

    [Fact]
    public void The_turn_after_a_flush_by_the_sender_flushes_only_later_messages()
    {
        for (var i = 0; i < 65; i++)
        {
            Push(".");
        }

        Assert.Equal([new string('.', 64)], _members[0].Flushes);
        Assert.Single(_turns);
        while (_turns.Count > 0)
        {
            TakeTurn();
        }

        Assert.Equal([new string('.', 64), "."], _members[0].Flushes);
        for (var i = 0; i < 64; i++)
        {
            Push("-");
        }

        Assert.Equal(new string('-', 64), _members[0].Flushes[^1]);
        Assert.Equal(3, _members[1].Flushes.Count);
    }

    [Fact]
    public void A_receiver_that_answers_during_the_flush_is_flushed_by_the_next_turn()
    {
        var hasAnswered = false;
        _members[0].OnFlush = () =>
        {
            if (!hasAnswered)
            {
                hasAnswered = true;
                var message = HeldOutbound.Message("answer");
                using (FlushBatch.Begin(_burst))
                {
                    _members[1].Outbound.Broadcast(message, policy: null);
                    _members[0].Outbound.Broadcast(message, policy: null);
                }

                message.Release();
            }

            return default;
        };
        Push("question");
        while (_turns.Count > 0)
        {
            TakeTurn();
        }

        Assert.Equal("questionanswer", string.Concat(_members[0].Flushes));
        Assert.Equal("questionanswer", string.Concat(_members[1].Flushes));
    }

    private void TakeTurn() => _turns.Dequeue().Execute();

    private void Push(string text)
    {
        var message = SharedMessage.Copy(Encoding.UTF8.GetBytes(text), MessageKind.Text);
        using (FlushBatch.Begin(_burst))
        {
            foreach (var member in _members)
            {
                member.Outbound.Broadcast(message, policy: null);
            }
        }

        message.Release();
    }
}
