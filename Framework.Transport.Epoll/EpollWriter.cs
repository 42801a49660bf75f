using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The writer of bytes to the peer. A flush sends on the calling thread. Only bytes that don't fit in the socket's buffer wait for the
/// loop.
/// </summary>
/// <remarks>
/// Bytes are sent under the lock, and never after the peer is marked as gone, which happens before the file descriptor is closed. The
/// segment that the caller writes into is lent from the first GetMemory to the flush. The loop, which sends the rest of an earlier flush,
/// so doesn't return it to the pool meanwhile. The caller writes into the lent segment without the lock.
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

    /// <summary>Sends the remaining bytes, then a FIN.</summary>
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
                // Another thread may be writing into it at this moment.
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

    /// <summary>Handles the loop's notification that the socket has room again.</summary>
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

    /// <summary>Stops sending: flushes complete with a result that the peer is gone.</summary>
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

    /// <summary>Handles the cancellation of a flush's token. That flush may have ended already, and another one may be pending.</summary>
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

    /// <summary>Returns a task that ends when the kernel has all bytes, or when they can't be sent any more.</summary>
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

    // A caller outside the loop may hold locks, so the continuation runs on the thread pool.
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
                // The memory is requested again without Advance: the previous caller may still write into the old segment.
                asked.IsExposed = true;
            }

            _isBorrowed = true;
            return _lent = _last is { Room: > 0 } last && last.Room >= sizeHint ? last : AddSegment(sizeHint);
        }
    }

    private Segment AddSegment(int sizeHint)
    {
        // A broadcast writes to many connections before it flushes any: small segments limit the memory for small messages.
        var segment = _last is null && sizeHint is > 0 and <= SegmentPool.SmallSize ? loop.TakeSmallSegment() : loop.TakeSegment(sizeHint);
        if (_last is null)
        {
            _first = segment;
        }
        else if (_last == _first && _last.Array.Length == SegmentPool.SmallSize && sizeHint + _last.Unsent.Length <= segment.Room)
        {
            // Merges both segments, so that one call sends everything of a flush, even if it outgrew the small segment.
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

    /// <summary>Sends the unsent bytes. Returns false if the socket has no room for all of them.</summary>
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
            // After a partial send, TrySend continues until the socket is full. A full socket causes an event when it has room again.
            return;
        }

        switch (Marshal.GetLastPInvokeError())
        {
            case LibC.EINTR:
                break;
            case LibC.EAGAIN:
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
