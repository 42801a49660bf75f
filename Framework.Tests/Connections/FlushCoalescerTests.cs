using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Tests.Connections;

public class FlushCoalescerTests
{
    private readonly Queue<FlushCoalescer> _turns = new();
    private readonly FlushCoalescer _burst;
    private readonly Member[] _members = [new(), new(), new()];

    public FlushCoalescerTests() => _burst = new FlushCoalescer(_turns.Enqueue);

    [Fact]
    public void A_message_is_flushed_when_the_burst_has_its_turn_and_nothing_more_has_come()
    {
        Push("one");
        Assert.All(_members, member => Assert.Empty(member.Flushed));

        TakeTurns();

        Assert.All(_members, member => Assert.Equal(["one"], member.Flushed));
    }

    [Fact]
    public void Messages_between_its_turns_are_flushed_together()
    {
        Push("one");
        TakeTurn();
        Push("two");
        TakeTurn();
        Push("three");
        TakeTurns();

        Assert.All(_members, member => Assert.Equal(["onetwothree"], member.Flushed));
    }

    [Fact]
    public void A_burst_that_does_not_end_is_flushed_by_its_sender()
    {
        for (var i = 0; i < 64; i++)
        {
            Assert.All(_members, member => Assert.Empty(member.Flushed));
            Push(".");
        }

        Assert.All(_members, member => Assert.Equal([new string('.', 64)], member.Flushed));
    }

    [Fact]
    public void The_next_burst_has_its_own_turns()
    {
        Push("one");
        TakeTurns();
        Push("two");
        Assert.NotEmpty(_turns);
        TakeTurns();

        Assert.All(_members, member => Assert.Equal(["one", "two"], member.Flushed));
    }

    [Fact]
    public void A_message_to_one_connection_is_flushed_immediately()
    {
        Push("alone", _members[0]);

        Assert.Equal(["alone"], _members[0].Flushed);
        Assert.Empty(_turns);
    }

    // A handler's message to a group is flushed together with its reply.
    [Fact]
    public void Inside_a_batch_the_batch_flushes()
    {
        using (FlushBatch.Begin())
        {
            Push("one");
            Push("two");
        }

        Assert.All(_members, member => Assert.Equal(["onetwo"], member.Flushed));
        Assert.Empty(_turns);
    }

    [Fact]
    public async Task Messages_of_many_threads_are_flushed()
    {
        var burst = new FlushCoalescer();
        var senders = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Push(".", burst, _members);
            }
        }));
        await Task.WhenAll(senders);

        foreach (var member in _members)
        {
            await member.UntilFlushedAsync(4000).WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private void Push(string text, params Member[] members) => Push(text, _burst, members.Length == 0 ? _members : members);

    private static void Push(string text, FlushCoalescer burst, Member[] members)
    {
        var message = SharedMessage.Copy(Encoding.UTF8.GetBytes(text), MessageKind.Text);
        using (FlushBatch.Begin(burst))
        {
            foreach (var member in members)
            {
                Assert.InRange(member.Outbound.Broadcast(message, policy: null), SendOutcome.Sent, SendOutcome.Queued);
            }
        }

        message.Release();
    }

    private void TakeTurn() => _turns.Dequeue().Execute();

    private void TakeTurns()
    {
        while (_turns.Count > 0)
        {
            TakeTurn();
        }
    }

    /// <summary>A connection that keeps what each flush carried.</summary>
    private sealed class Member : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _written = new();
        private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _wantedLength = int.MaxValue;
        private int _flushedLength;

        public Member() => Outbound = new Outbound(this, new PlainFraming(), limit: 1 << 20, policy: null, owner: null);

        public Outbound Outbound { get; }

        public List<string> Flushed { get; } = [];

        public Task UntilFlushedAsync(int length)
        {
            lock (_written)
            {
                _wantedLength = length;
                Tell();
            }

            return _wanted.Task;
        }

        public override void Advance(int bytes) => _written.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

        // No thread writes while a flush is in progress.
        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            lock (_written)
            {
                Flushed.Add(Encoding.UTF8.GetString(_written.WrittenSpan));
                _flushedLength += _written.WrittenCount;
                _written.ResetWrittenCount();
                Tell();
            }

            return default;
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        private void Tell()
        {
            if (_flushedLength >= _wantedLength)
            {
                _wanted.TrySetResult();
            }
        }
    }

    private sealed class PlainFraming : OutboundFraming
    {
        public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload) => output.Write(payload);
    }
}
