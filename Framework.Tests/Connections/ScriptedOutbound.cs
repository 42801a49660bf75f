using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>An outbound queue whose transport answers each flush as the test says, by default at once.</summary>
internal sealed class ScriptedOutbound : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _written = new();

    public ScriptedOutbound(int limit = 1 << 20, SlowConsumerPolicy? policy = null, IOutboundOwner? owner = null) =>
        Outbound = new Outbound(this, new PlainFraming(), limit, policy, owner);

    public Outbound Outbound { get; }

    /// <summary>Answers a flush.</summary>
    public Func<ValueTask<FlushResult>> OnFlush { get; set; } = static () => default;

    /// <summary>The text of each flush.</summary>
    public List<string> Flushes { get; } = [];

    public static FlushResult Ended => new(isCanceled: false, isCompleted: true);

    public bool Push(string text) => Outbound.TryPush(Encoding.UTF8.GetBytes(text), MessageKind.Text);

    public override void Advance(int bytes) => _written.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _written.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _written.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushes.Add(Encoding.UTF8.GetString(_written.WrittenSpan));
        _written.ResetWrittenCount();
        return OnFlush();
    }

    public override void CancelPendingFlush() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private sealed class PlainFraming : OutboundFraming
    {
        public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload) => output.Write(payload);

        public override void WriteControl(PipeWriter output, in ControlFrame frame)
        {
            output.Write(Encoding.UTF8.GetBytes($"[{frame.Kind}]"));
            output.Write(frame.Payload.Span);
        }
    }
}
