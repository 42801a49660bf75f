using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// What the peer sends. Bytes are received only when somebody reads and there are some: nothing is buffered ahead, so the
/// kernel's window is the backpressure.
/// </summary>
internal sealed class EpollReader(EpollConnection connection, EpollLoop loop) : PipeReader, IValueTaskSource<ReadResult>
{
    // A peer that floods must let the loop's other connections have their turn.
    private const int MaxReceivesInARow = 16;

    // Below this a received piece is moved into a small segment, so that a slow message doesn't hold a large one.
    private const int SmallRest = SegmentPool.SmallSize / 2;

    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private CancellationTokenRegistration _cancellation;
    private Segment? _first;
    private Segment? _last;
    private long _received;
    private long _examined;
    private int _receivesInARow;
    private Exception? _error;
    private bool _isReadable;
    private bool _isHungUp;
    private bool _isWaiting;
    private bool _isCancelRequested;
    private bool _isEnded;
    private bool _isCompleted;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (TryTake(out var result))
            {
                return new ValueTask<ReadResult>(result);
            }

            _source.Reset();
            _isWaiting = true;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((EpollReader)state!).Cancel(token), this);
            }

            if (_isReadable)
            {
                loop.Post(connection);
            }
        }

        return new ValueTask<ReadResult>(this, _source.Version);
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            return TryTake(out result);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_gate)
        {
            if (_first is null)
            {
                return;
            }

            if (examined.GetObject() is Segment seen)
            {
                _examined = Math.Max(_examined, seen.Position + examined.GetInteger());
            }

            if (consumed.GetObject() is Segment at)
            {
                Release(at, consumed.GetInteger());
            }
        }
    }

    public override void CancelPendingRead()
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

        // Whoever cancels may hold locks: what waits goes on elsewhere.
        ThreadPool.UnsafeQueueUserWorkItem(static reader => reader.Finish(new ReadResult(reader.Buffered(), isCanceled: true, reader._isEnded)), this, preferLocal: false);
    }

    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            _isCompleted = true;
            ReleaseAll();
        }

        connection.InputCompleted();
    }

    /// <summary>The loop's word that there are bytes, or the end.</summary>
    public void Ready(bool hungUp)
    {
        ReadResult result;
        lock (_gate)
        {
            _isReadable = true;
            _isHungUp |= hungUp;
            _receivesInARow = 0;
            if (!_isWaiting || (!TryLook(out result) && _error is null))
            {
                return;
            }

            _isWaiting = false;
        }

        if (_error is { } error)
        {
            Fail(error);
        }
        else
        {
            Finish(result);
        }
    }

    /// <summary>Ends the stream with an error; who waits learns it.</summary>
    public void Abort(Exception reason)
    {
        lock (_gate)
        {
            _error ??= reason;
            if (!_isWaiting)
            {
                return;
            }

            _isWaiting = false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static reader => reader.Fail(reader._error!), this, preferLocal: false);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private bool TryTake(out ReadResult result)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing can be read after Complete.");
        }

        var found = TryLook(out result);
        return _error is null ? found : throw _error;
    }

    private bool TryLook(out ReadResult result)
    {
        if (_isCancelRequested)
        {
            _isCancelRequested = false;
            result = new ReadResult(Buffered(), isCanceled: true, _isEnded);
            return true;
        }

        if (_received == _examined && !_isEnded && _error is null && _isReadable && _receivesInARow++ < MaxReceivesInARow)
        {
            Receive();
        }

        result = new ReadResult(Buffered(), isCanceled: false, _isEnded);
        return _received > _examined || _isEnded;
    }

    private void Receive()
    {
        if (_last is not { Room: > SmallRest })
        {
            Append(loop.TakeSegment());
        }

        var room = _last!.Array.AsSpan(_last.End);
        nint count;
        do
        {
            count = connection.Receive(room);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted);

        if (count > 0)
        {
            _last.Append((int)count);
            _received += count;
            // A short piece has emptied the socket: the next byte makes a new edge. The end makes none after it was told.
            _isReadable = count == room.Length || _isHungUp;
            return;
        }

        if (count == 0)
        {
            _isEnded = true;
        }
        else if (Marshal.GetLastPInvokeError() is var error && error != LibC.Again)
        {
            _error = new ConnectionResetException($"The peer is gone ({Marshal.GetPInvokeErrorMessage(error)}).");
        }

        _isReadable = false;
        if (_received == Consumed())
        {
            ReleaseAll();
        }
    }

    private void Append(Segment segment)
    {
        segment.Position = _received;
        if (_last is null)
        {
            _first = segment;
        }
        else
        {
            _last.Next = segment;
        }

        _last = segment;
    }

    private long Consumed() => _first is null ? _received : _first.Position + _first.Start;

    private ReadOnlySequence<byte> Buffered() =>
        _first is null ? default : new ReadOnlySequence<byte>(_first, _first.Start, _last!, _last!.End);

    private void Release(Segment at, int index)
    {
        while (_first != at && _first is not null)
        {
            var next = _first.Next;
            loop.ReturnSegment(_first);
            _first = next;
        }

        at.Start = index;
        var rest = _received - Consumed();
        if (rest == 0)
        {
            ReleaseAll();
        }
        else if (rest <= SmallRest && at.Array.Length > SegmentPool.SmallSize)
        {
            MoveToSmall((int)rest);
        }
    }

    private void MoveToSmall(int rest)
    {
        var small = loop.TakeSmallSegment();
        Buffered().CopyTo(small.Array);
        ReleaseAll();
        small.Append(rest);
        small.Position = _received - rest;
        (_first, _last) = (small, small);
    }

    private void ReleaseAll()
    {
        for (var segment = _first; segment is not null;)
        {
            var next = segment.Next;
            loop.ReturnSegment(segment);
            segment = next;
        }

        (_first, _last) = (null, null);
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

        Fail(new OperationCanceledException(token));
    }

    private void Finish(ReadResult result)
    {
        StopWatchingCancellation();
        _source.SetResult(result);
    }

    private void Fail(Exception exception)
    {
        StopWatchingCancellation();
        _source.SetException(exception);
    }

    private void StopWatchingCancellation()
    {
        _cancellation.Unregister();
        _cancellation = default;
    }
}
