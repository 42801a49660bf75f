using System.Buffers;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A text message in one frame, read in place, and assembled from two reads.</summary>
[MemoryDiagnoser]
public class FrameReadBenchmark
{
    private readonly WebSocketReader _reader = new(maxMessageSize: 1 << 20);
    private ReadOnlySequence<byte> _frame;
    private ReadOnlySequence<byte> _firstHalf;
    private ReadOnlySequence<byte> _secondHalf;

    [Params(16, 1024, 65536)]
    public int Size { get; set; }

    [GlobalSetup]
    public void MakeFrame()
    {
        // A key of zeros costs the same as any other, and in-place unmasking doesn't change the frame for the next iteration.
        var frame = InMemoryClient.Frame(1, Enumerable.Repeat((byte)'*', Size).ToArray(), key: [0, 0, 0, 0]);
        var middle = frame.Length - (Size / 2);
        _frame = new(frame);
        _firstHalf = new(frame, 0, middle);
        _secondHalf = new(frame, middle, frame.Length - middle);
    }

    [Benchmark]
    public int InOnePiece()
    {
        var buffer = _frame;
        return Take(_reader.TryRead(ref buffer, out var evt), evt);
    }

    [Benchmark]
    public int InTwoPieces()
    {
        var buffer = _firstHalf;
        _reader.TryRead(ref buffer, out _);
        buffer = _secondHalf;
        return Take(_reader.TryRead(ref buffer, out var evt), evt);
    }

    [GlobalCleanup]
    public void End() => _reader.Dispose();

    private int Take(bool found, WebSocketEvent evt) => found && evt.Payload.Length == Size
        ? evt.Payload.Length
        : throw new InvalidOperationException($"The message wasn't read: {evt.Kind} {evt.Reason}");
}
