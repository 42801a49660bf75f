using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>
/// A connection in memory. The client's write completes only after the server has examined the bytes, so that a test knows
/// the server's progress. The server's write waits for a client that doesn't read, as with a socket.
/// </summary>
internal sealed class MemoryTransport
{
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
    private readonly Pipe _toClient;
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemoryTransport(int holdUpAt = 64 * 1024)
    {
        _toClient = new Pipe(new PipeOptions(
            pauseWriterThreshold: holdUpAt, resumeWriterThreshold: Math.Max(holdUpAt / 2, 1), useSynchronizationContext: false));
        Output = new CountingWriter(_toClient.Writer);
        Server = new DuplexPipe(_toServer.Reader, Output);
        Connection = new MemoryConnection(this);
    }

    /// <summary>The server's side of the transport.</summary>
    public MemoryConnection Connection { get; }

    public IDuplexPipe Server { get; }

    public CountingWriter Output { get; }

    public PipeReader ClientInput => _toClient.Reader;

    public PipeWriter ClientOutput => _toServer.Writer;

    /// <summary>Ends when the server has aborted the transport.</summary>
    public Task Aborted => _aborted.Task;

    /// <summary>The server's call to abort the transport.</summary>
    public void Abort()
    {
        if (_aborted.TrySetResult())
        {
            _toServer.Writer.Complete(new ConnectionAbortedException());
            _toClient.Reader.CancelPendingRead();
        }
    }

    /// <summary>The client's FIN.</summary>
    public void Shut()
    {
        Connection.Closed.Cancel();
        _toServer.Writer.Complete();
    }

    /// <summary>The client is gone, as by a RST.</summary>
    public void Reset()
    {
        Connection.Closed.Cancel();
        _toServer.Writer.Complete(new ConnectionResetException("reset"));
        _toClient.Reader.Complete();
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>The connection as a transport gives it, that tells of its thread and of the peer's end.</summary>
internal sealed class MemoryConnection(MemoryTransport transport) : BaseConnectionContext, IConnectionEndFeature
{
    public CancellationTokenSource Closed { get; } = new();

    public bool IsHeldUp { get; set; }

    public bool IsDrained => transport.Aborted.IsCompleted;

    public override string ConnectionId { get; set; } = "memory";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override CancellationToken ConnectionClosed
    {
        get => Closed.Token;
        set => throw new NotSupportedException();
    }

    public override void Abort() => transport.Abort();

    public override void Abort(ConnectionAbortedException abortReason) => transport.Abort();
}

/// <summary>Counts the flushes, each of which would be a system call, and may tell a test of them.</summary>
internal sealed class CountingWriter(PipeWriter inner) : PipeWriter
{
    private int _flushes;

    public int Flushes => Volatile.Read(ref _flushes);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _flushes);
        return inner.FlushAsync(cancellationToken);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
}
