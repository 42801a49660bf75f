using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The bytes from the peer. Bytes are received only during a read: nothing is buffered ahead, so the kernel's window is the backpressure.
/// </summary>
/// <remarks>
/// The lock guards all mutable state. Bytes are received under the lock, and never after Complete, because the file may be closed after
/// that. A segment returns to the pool when the reading code has consumed it. A segment that the reading code may still use when another
/// thread completes the reader is left to the garbage collector.
/// </remarks>
internal sealed class EpollReader(EpollConnection connection, EpollLoop loop)
    : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    /// <summary>A peer that floods must let the loop's other connections have their turn.</summary>
    public const int MaxReceivesInARow = 16;

    // Below this a received piece is moved into a small segment, so that a slow message doesn't hold a large one.
    private const int SmallRest = SegmentPool.SmallSize / 2;

    private static readonly Action<object?, CancellationToken> s_cancel = static (reader, token) => ((EpollReader)reader!).Cancel(token);

    private readonly Lock _gate = new();
    private PendingOperation<ReadResult> _read;
    private Segment? _first;
    private Segment? _last;
    private long _received;
    private long _examined;
    private int _receivesInARow;
    private Exception? _error;
    private bool _isReadable;
    private bool _isHungUp;
    private bool _hasUrgent;
    private bool _isCancelRequested;
    private bool _isLent;
    private bool _mustAdvance;
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

            var read = _read.Begin(this, s_cancel, cancellationToken);
            if (_isReadable)
            {
                loop.Post(connection);
            }

            return read;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (_gate)
        {
            var isNew = TryTake(out result);
            if (!isNew && _isReadable)
            {
                // The turn is over, and no edge comes for what is there already.
                loop.Post(connection);
            }

            return isNew;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            if (!_isLent)
            {
                throw new InvalidOperationException("AdvanceTo needs a read before it.");
            }

            var (from, to) = (OffsetOf(consumed), OffsetOf(examined));
            ArgumentOutOfRangeException.ThrowIfLessThan(to, from, nameof(examined));
            (_isLent, _mustAdvance) = (false, false);
            _examined = Math.Max(_examined, to);
            if (_first is not null)
            {
                Release(from);
            }
        }
    }

    public override void CancelPendingRead()
    {
        lock (_gate)
        {
            if (!_read.TryTake(Ending.Canceled))
            {
                _isCancelRequested = true;
                return;
            }
        }

        EndOnPool();
    }

    public override void Complete(Exception? exception = null)
    {
        bool isTaken;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
            isTaken = _read.TryTake();
            if (_isLent)
            {
                (_first, _last) = (null, null);
            }
            else
            {
                ReleaseAll();
            }
        }

        if (isTaken)
        {
            EndOnPool();
        }

        connection.InputCompleted();
    }

    /// <summary>The loop's word that there are bytes, or the end.</summary>
    /// <param name="hungUp">The peer sends no more, or is gone.</param>
    /// <param name="hasUrgent">There is urgent data among the bytes.</param>
    public void Ready(bool hungUp, bool hasUrgent)
    {
        ReadResult result = default;
        Exception? error;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isReadable = true;
            _isHungUp |= hungUp;
            _hasUrgent |= hasUrgent;
            _receivesInARow = 0;
            if (!_read.IsWaiting || (!HasNews() && _error is null))
            {
                return;
            }

            _read.TryTake();
            error = _error;
            if (error is null)
            {
                result = Lend(isCanceled: false);
            }
        }

        End(result, error);
    }

    /// <summary>Ends the stream with an error; who waits learns it.</summary>
    public void Abort(Exception reason)
    {
        bool isTaken;
        lock (_gate)
        {
            _error ??= reason;
            isTaken = _read.TryTake();
        }

        if (isTaken)
        {
            EndOnPool();
        }
    }

    /// <summary>A read's token was cancelled; the read may have ended since, and another wait.</summary>
    public void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_read.TryCancel(token))
            {
                return;
            }
        }

        EndOnPool();
    }

    void IThreadPoolWorkItem.Execute()
    {
        ReadResult result = default;
        Exception? error;
        lock (_gate)
        {
            error = _read.Ending switch
            {
                Ending.Canceled => null,
                Ending.CanceledByToken => new OperationCanceledException(_read.Token),
                _ when _isCompleted =>
                    new ConnectionAbortedException("The reader was completed, or the connection was disposed, during this read."),
                _ => _error,
            };
            if (error is null)
            {
                result = Lend(isCanceled: true);
            }
        }

        End(result, error);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    // A caller outside the loop may hold locks, so the waiting code continues on the thread pool.
    private void EndOnPool() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private void End(ReadResult result, Exception? error)
    {
        if (error is null)
        {
            _read.SetResult(result);
        }
        else
        {
            _read.SetException(error);
        }
    }

    private bool TryTake(out ReadResult result)
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Nothing can be read after Complete.");
        }

        if (_mustAdvance || _read.IsUnderWay)
        {
            throw new InvalidOperationException("A read is in progress: await it, and call AdvanceTo, before the next one.");
        }

        var isCanceled = _isCancelRequested;
        _isCancelRequested = false;
        var isNew = isCanceled || HasNews();
        if (!isCanceled && _error is { } error)
        {
            throw error;
        }

        result = isNew ? Lend(isCanceled) : default;
        return isNew;
    }

    /// <summary>The buffer belongs to the reading code until AdvanceTo. After a cancellation, AdvanceTo isn't required.</summary>
    private ReadResult Lend(bool isCanceled)
    {
        (_isLent, _mustAdvance) = (true, !isCanceled);
        return new ReadResult(Buffered(), isCanceled, _isEnded);
    }

    /// <summary>Whether there is something that wasn't examined, or the end; looks for it.</summary>
    private bool HasNews()
    {
        if (_received == _examined && !_isEnded && _error is null && _isReadable && _receivesInARow++ < MaxReceivesInARow)
        {
            Receive();
        }

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
            // A short piece has emptied the socket: the next byte makes a new edge. The end makes none after it was told, and before
            // urgent data the kernel cuts.
            _isReadable = count == room.Length || _isHungUp || _hasUrgent;
            return;
        }

        if (count == 0)
        {
            _isEnded = true;
        }
        else if (Marshal.GetLastPInvokeError() is var error && error != LibC.Again)
        {
            _error = new ConnectionResetException($"The peer has reset the connection ({Marshal.GetPInvokeErrorMessage(error)}).");
        }

        (_isReadable, _hasUrgent) = (false, false);
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

    /// <summary>Where a position is in the stream. A position of an earlier read could be in a segment that is another's by now.</summary>
    private long OffsetOf(SequencePosition position)
    {
        if (position.GetObject() is not Segment at || _first is null)
        {
            return Consumed();
        }

        // Most positions are at the end: a message of many segments isn't walked for each piece that comes.
        for (var segment = at == _last ? _last : _first; segment is not null; segment = segment.Next)
        {
            if (segment == at && position.GetInteger() >= segment.Start && position.GetInteger() <= segment.End)
            {
                return segment.Position + position.GetInteger();
            }
        }

        throw new InvalidOperationException("The position is not from the last ReadResult. Positions of earlier results are not valid any more.");
    }

    private void Release(long consumed)
    {
        if (consumed == _received)
        {
            ReleaseAll();
            return;
        }

        while (_first!.Next is { } next && consumed >= next.Position)
        {
            loop.ReturnSegment(_first);
            _first = next;
        }

        _first.Start = (int)(consumed - _first.Position);
        if (_received - consumed <= SmallRest && _first.Array.Length > SegmentPool.SmallSize)
        {
            MoveToSmall((int)(_received - consumed));
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
}
