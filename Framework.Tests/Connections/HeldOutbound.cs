using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>An outbound queue without a connection. The test ends each flush, and sees the text of each one.</summary>
internal sealed class HeldOutbound : PipeWriter, IOutboundOwner, IConversationMeter
{
    private readonly ArrayBufferWriter<byte> _written = new();
    private TaskCompletionSource<FlushResult>? _flush;

    public HeldOutbound(int limit, SlowConsumerPolicy? policy = null, OutboundFraming? framing = null) =>
        Outbound = new Outbound(this, framing ?? new TextFraming(), limit, policy, this);

    public Outbound Outbound { get; }

    /// <summary>The text of each flush so far, the one in progress included.</summary>
    public List<string> Flushes { get; } = [];

    public int ClosedAsSlow { get; private set; }

    public bool HasWaitingMessages => false;

    public IConversationMeter Meter => this;

    /// <summary>The messages that were written.</summary>
    public int SentMessages { get; private set; }

    /// <summary>The actions that were taken for a full queue.</summary>
    public List<string> SlowActions { get; } = [];

    public void CloseSlow() => ClosedAsSlow++;

    void IConversationMeter.Sent(int length) => SentMessages++;

    void IConversationMeter.SlowConsumer(string action) => SlowActions.Add(action);

    void IConversationMeter.ProtocolError(int closeCode) => throw new NotSupportedException();

    /// <summary>Sends a text of its own, so that its flush is in progress and everything after it waits.</summary>
    public void HoldUp()
    {
        Assert.True(Outbound.TryPush("!"u8, MessageKind.Text));
        Assert.NotNull(_flush);
    }

    /// <summary>Ends the flush in progress. If messages wait, the next one begins.</summary>
    public void EndFlush(bool isCompleted = false)
    {
        var flush = _flush ?? throw new InvalidOperationException("No flush is in progress.");
        _flush = null;
        flush.SetResult(new FlushResult(isCanceled: false, isCompleted));
    }

    /// <summary>Ends all flushes; returns the messages after those that had been flushed before.</summary>
    public string[] EndAll()
    {
        var before = Flushes.Count;
        while (_flush is not null)
        {
            EndFlush();
        }

        return [.. Flushes.Skip(before).SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    public Task<SendResult> SendAsync(string text) => Outbound.SendAsync(Encoding.UTF8.GetBytes(text), MessageKind.Text).AsTask();

    public static SharedMessage Message(string text, PushKey? key = null) => SharedMessage.Copy(Encoding.UTF8.GetBytes(text), MessageKind.Text, key);

    public override void Advance(int bytes) => _written.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

    // Its continuations run in EndFlush, so that a test needs no waiting.
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushes.Add(Encoding.UTF8.GetString(_written.WrittenSpan));
        _written.ResetWrittenCount();
        _flush = new TaskCompletionSource<FlushResult>();
        return new ValueTask<FlushResult>(_flush.Task);
    }

    public override void CancelPendingFlush() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private sealed class TextFraming : OutboundFraming
    {
        public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload)
        {
            output.Write(payload);
            output.Write(" "u8);
        }

        public override void WriteControl(PipeWriter output, in ControlFrame frame) =>
            output.Write(Encoding.UTF8.GetBytes(frame.Kind == ControlFrameKind.Close ? $"Close:{frame.Code} " : $"{frame.Kind} "));
    }
}
