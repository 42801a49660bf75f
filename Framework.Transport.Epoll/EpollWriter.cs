using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// What goes to the peer. A flush sends on the thread that asks for it; only what the socket has no room for waits for the loop.
/// </summary>
internal sealed class EpollWriter(EpollConnection connection, EpollLoop loop) : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private CancellationTokenRegistration _cancellation;
    private Segment? _first;
    private Segment? _last;
    private long _unflushed;
    private bool _isBlocked;
    private bool _isWaiting;
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
        if (bytes == 0)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _last?.Room ?? 0);
        _last!.Append(bytes);
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _unflushed = 0;
            if (_isCancelRequested)
            {
                _isCancelRequested = false;
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, _isPeerGone));
            }

            if (TrySend())
            {
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, _isPeerGone));
            }

            _source.Reset();
            _isWaiting = true;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((EpollWriter)state!).Cancel(token), this);
            }
        }

        return new ValueTask<FlushResult>(this, _source.Version);
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isCancelRequested = true;
                return;
            }

            _isWaiting = false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static writer => writer.Finish(isCanceled: true), this, preferLocal: false);
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
        bool isWaiting, isCompleted;
        lock (_gate)
        {
            _isBlocked = false;

            // Where nobody waits for it to be sent, somebody may just be writing into the last segment.
            var mayBeWritten = !_isWaiting && !_isCompleted && _drained is null;
            if (_first is null || !TrySend(keepsLast: mayBeWritten))
            {
                return;
            }

            (isWaiting, _isWaiting) = (_isWaiting, false);
            isCompleted = _isCompleted;
        }

        if (isWaiting)
        {
            Finish(isCanceled: false);
        }

        if (isCompleted)
        {
            connection.OutputCompleted();
        }
    }

    /// <summary>Nothing can be sent any more: flushes tell that the peer is gone.</summary>
    public void Abort()
    {
        bool isWaiting;
        lock (_gate)
        {
            PeerIsGone();
            (isWaiting, _isWaiting) = (_isWaiting, false);
        }

        if (isWaiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static writer => writer.Finish(isCanceled: false), this, preferLocal: false);
        }
    }

    /// <summary>Ends when everything has been handed to the kernel, or never can be.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            return _first is null ? Task.CompletedTask : (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private Segment Writable(int sizeHint)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing can be written after Complete.");
        }

        if (_last is { } last && last.Room > 0 && last.Room >= sizeHint)
        {
            return last;
        }

        // A broadcast writes to many before any is flushed: what is small holds little.
        var segment = _last is null && sizeHint is > 0 and <= SegmentPool.SmallSize ? loop.TakeSmallSegment() : loop.TakeSegment(sizeHint);
        lock (_gate)
        {
            if (_last is null)
            {
                _first = segment;
            }
            else if (_last == _first && _last.Array.Length == SegmentPool.SmallSize && sizeHint + _last.Unsent.Length <= segment.Room)
            {
                // What is flushed together is sent by one call, also if it turned out not to be small.
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
    }

    private bool TrySend(bool keepsLast = false)
    {
        while (_first is { } segment)
        {
            if (_isBlocked)
            {
                return false;
            }

            if (segment.Unsent is { Length: > 0 } unsent && !_isPeerGone)
            {
                Send(segment, unsent);
                continue;
            }

            if (keepsLast && segment == _last)
            {
                return true;
            }

            _first = segment.Next;
            loop.ReturnSegment(segment);
        }

        _last = null;
        _drained?.TrySetResult();
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
        _isPeerGone = true;
        _isBlocked = false;
        for (var segment = _first; segment is not null; segment = segment.Next)
        {
            segment.Start = segment.End;
        }

        _drained?.TrySetResult();
    }

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        _source.SetException(new OperationCanceledException(token));
    }

    private void Finish(bool isCanceled)
    {
        _cancellation.Unregister();
        _cancellation = default;
        _source.SetResult(new FlushResult(isCanceled, _isPeerGone));
    }
}
