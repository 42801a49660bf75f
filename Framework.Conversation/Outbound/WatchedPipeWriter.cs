using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>The output of a raw protocol that writes its pipe itself. It tracks whether a flush is in progress.</summary>
internal sealed class WatchedPipeWriter(PipeWriter inner) : PipeWriter
{
    private int _flushes;
    private int _underWay;
    private long _size;

    /// <summary>The number of the flush in progress, or 0.</summary>
    public int FlushUnderWay => Volatile.Read(ref _underWay);

    /// <summary>The number of bytes in that flush.</summary>
    public long FlushSize => Volatile.Read(ref _size);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var size = inner.CanGetUnflushedBytes ? inner.UnflushedBytes : 0;
        var flush = inner.FlushAsync(cancellationToken);
        return flush.IsCompleted ? flush : WatchAsync(flush, size);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        var flush = inner.WriteAsync(source, cancellationToken);
        return flush.IsCompleted ? flush : WatchAsync(flush, source.Length);
    }

    private async ValueTask<FlushResult> WatchAsync(ValueTask<FlushResult> flush, long size)
    {
        Volatile.Write(ref _size, size);
        Volatile.Write(ref _underWay, ++_flushes);
        try
        {
            return await flush;
        }
        finally
        {
            Volatile.Write(ref _underWay, 0);
        }
    }
}

/// <summary>A pipe whose output is a <see cref="WatchedPipeWriter"/>.</summary>
internal sealed class WatchedPipe(IDuplexPipe pipe) : IDuplexPipe
{
    public WatchedPipeWriter Output { get; } = new(pipe.Output);

    public PipeReader Input => pipe.Input;

    PipeWriter IDuplexPipe.Output => Output;
}
