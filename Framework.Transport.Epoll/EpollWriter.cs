using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The bytes to the peer. A flush sends on the calling thread. Only the bytes without room in the socket wait for the loop.
/// </summary>
/// <remarks>
/// Bytes are sent under the lock, and never after the peer counts as disconnected, which happens before the file is closed. The segment that
/// is written into is in use from the first GetMemory to the flush, so that the loop, which sends the rest of an earlier flush, doesn't
/// return it to the pool. Between these calls it is written without the lock.
/// </remarks>
internal sealed class EpollWriter(EpollConnection connection, EpollLoop loop)
    : PipeWriter, IValueTaskSource<FlushResult>, IThreadPoolWorkItem
{
    private static readonly Action<object?, CancellationToken> s_cancel = static (writer, token) => ((EpollWriter)writer!).Cancel(token);

    private readonly Lock _gate = new();
    private PendingOperation<FlushResult> _flush;
    private Segment? _first;
    private Segment? _last;
    private Segment? _lent;
    private long _unflushed;
    private bool _isBorrowed;
    private bool _isBlocked;
    private bool _isCancelRequested;
    private bool _isCompleted;
    private bool _isPeerGone;
    private TaskCompletionSource? _drained;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var segment = Writable(sizeHint);
        return segment.Array.AsMemory(segment.End);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        var segment = Writable(sizeHint);
        return segment.Array.AsSpan(segment.End);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        var lent = Volatile.Read(ref _lent);
        if (bytes > 0)
        {
            if (lent is null && Volatile.Read(ref _isCompleted))
            {
                throw NotAfterComplete();
            }

            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, lent?.Room ?? 0);
            lent!.Append(bytes);
            _unflushed += bytes;
        }

        _isBorrowed = false;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_flush.IsUnderWay)
            {
                throw new InvalidOperationException("A flush is in progress: await it before the next one.");
            }

            _unflushed = 0;
            if (!_isBorrowed)
            {
                _lent = null;
            }

            var isSent = TrySend();
            if (isSent || _isCancelRequested)
            {
                var isCanceled = _isCancelRequested;
                _isCancelRequested = false;
                return new ValueTask<FlushResult>(new FlushResult(isCanceled, _isPeerGone));
            }

            return _flush.Begin(this, s_cancel, cancellationToken);
        }
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_flush.TryTake(Ending.Canceled))
            {
                _isCancelRequested = true;
                return;
            }
        }

        EndOnPool();
    }

    /// <summary>Sends what is left, then FIN.</summary>
    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
            if (_lent is { } lent)
            {
                // Another thread may be writing into it.
                lent.IsExposed = true;
                _lent = null;
            }

            if (!TrySend())
            {
                return;
            }
        }

        connection.OutputCompleted();
    }

    /// <summary>The loop's word that the socket has room again.</summary>
    public void Ready()
    {
        bool isTaken, isCompleted;
        FlushResult result;
        lock (_gate)
        {
            _isBlocked = false;
            if (_first is null || !TrySend())
            {
                return;
            }

            isTaken = _flush.TryTake();
            isCompleted = _isCompleted;
            result = new FlushResult(isCanceled: false, _isPeerGone);
        }

        if (isTaken)
        {
            _flush.SetResult(result);
        }

        if (isCompleted)
        {
            connection.OutputCompleted();
        }
    }

    /// <summary>Nothing can be sent any more: flushes tell that the peer is gone.</summary>
    public void Abort()
    {
        bool isTaken;
        lock (_gate)
        {
            PeerIsGone();
            TrySend();
            isTaken = _flush.TryTake();
        }

        if (isTaken)
        {
            EndOnPool();
        }
    }

    /// <summary>A flush's token was cancelled; the flush may have ended since, and another wait.</summary>
    public void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_flush.TryCancel(token))
            {
                return;
            }
        }

        EndOnPool();
    }

    /// <summary>Ends when everything has been handed to the kernel, or never can be.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            return _first is null || _isPeerGone
                ? Task.CompletedTask
                : (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_flush.Ending == Ending.CanceledByToken)
        {
            _flush.SetException(new OperationCanceledException(_flush.Token));
        }
        else
        {
            _flush.SetResult(new FlushResult(_flush.Ending == Ending.Canceled, Volatile.Read(ref _isPeerGone)));
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags);

    private static InvalidOperationException NotAfterComplete() => new("Nothing can be written after Complete.");

    // A caller outside the loop may hold locks, so the waiting code continues on the thread pool.
    private void EndOnPool() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private Segment Writable(int sizeHint)
    {
        if (Volatile.Read(ref _lent) is { Room: > 0 } lent && lent.Room >= sizeHint)
        {
            _isBorrowed = true;
            return lent;
        }

        lock (_gate)
        {
            if (_isCompleted)
            {
                throw NotAfterComplete();
            }

            if (_isBorrowed && _lent is { } asked)
            {
                // Asked for again without Advance: who asked before may still write.
                asked.IsExposed = true;
            }

            _isBorrowed = true;
            return _lent = _last is { Room: > 0 } last && last.Room >= sizeHint ? last : AddSegment(sizeHint);
        }
    }

    private Segment AddSegment(int sizeHint)
    {
        // A broadcast writes to many before any is flushed: what is small holds little.
        var segment = _last is null && sizeHint is > 0 and <= SegmentPool.SmallSize ? loop.TakeSmallSegment() : loop.TakeSegment(sizeHint);
        if (_last is null)
        {
            _first = segment;
        }
        else if (_last == _first && _last.Array.Length == SegmentPool.SmallSize && sizeHint + _last.Unsent.Length <= segment.Room)
        {
            // The bytes of one flush are sent by one call, even if they are not small.
            segment.Append(_last.Unsent);
            loop.ReturnSegment(_last);
            _first = segment;
        }
        else
        {
            _last.Next = segment;
        }

        return _last = segment;
    }

    /// <summary>Sends what there is. False where the socket has no room for all of it.</summary>
    private bool TrySend()
    {
        while (_first is { } segment)
        {
            if (!_isPeerGone && segment.Unsent is { Length: > 0 } unsent)
            {
                if (_isBlocked)
                {
                    return false;
                }

                Send(segment, unsent);
            }
            else if (segment == _lent)
            {
                break;
            }
            else
            {
                _first = segment.Next;
                loop.ReturnSegment(segment);
            }
        }

        if (_first is null)
        {
            _last = null;
            _drained?.TrySetResult();
        }

        return true;
    }

    private void Send(Segment segment, Span<byte> unsent)
    {
        var count = connection.Send(unsent);
        if (count >= 0)
        {
            segment.Start += (int)count;
            // A full socket makes an edge when it has room again.
            return;
        }

        switch (Marshal.GetLastPInvokeError())
        {
            case LibC.Interrupted:
                break;
            case LibC.Again:
                _isBlocked = true;
                break;
            default:
                PeerIsGone();
                break;
        }
    }

    private void PeerIsGone()
    {
        (_isPeerGone, _isBlocked) = (true, false);
        _drained?.TrySetResult();
    }
}
