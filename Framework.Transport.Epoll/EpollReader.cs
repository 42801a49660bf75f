using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The reader of the peer's bytes. It receives only when the application reads and the socket has bytes. It doesn't buffer ahead, so the
/// kernel's TCP window is the backpressure.
/// </summary>
/// <remarks>
/// All state changes and all receives happen under the lock, and never after Complete: the caller of Complete may then close the file
/// descriptor. A segment returns to the pool when the application has consumed it. If another caller completes the reader while the
/// application may still read a segment, the garbage collector frees the segment.
/// </remarks>
internal sealed class EpollReader(EpollConnection connection, EpollLoop loop)
    : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    /// <summary>The limit of consecutive receives, so that a flooding peer doesn't starve the loop's other connections.</summary>
    public const int MaxReceivesInARow = 16;

    // Unconsumed bytes up to this size are moved to a small segment, so that a message that arrives slowly doesn't hold a large one.
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
                // This round's limit is reached, and no edge-triggered event follows for bytes that are already there.
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

    /// <summary>Handles the loop's notification that there are bytes, or the end of the stream.</summary>
    /// <param name="hungUp">Whether the peer has stopped sending or is gone.</param>
    /// <param name="hasUrgent">Whether the bytes contain urgent data.</param>
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

    /// <summary>Ends the stream with an error. A pending read fails with it.</summary>
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

    /// <summary>Handles the cancellation of a read's token. That read may have ended already, and another one may be pending.</summary>
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

    // A caller outside the loop may hold locks, so the continuation runs on the thread pool.
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

    /// <summary>Lends the buffered bytes to the caller until AdvanceTo. After a cancelled read, AdvanceTo is optional.</summary>
    private ReadResult Lend(bool isCanceled)
    {
        (_isLent, _mustAdvance) = (true, !isCanceled);
        return new ReadResult(Buffered(), isCanceled, _isEnded);
    }

    /// <summary>Returns whether there are unexamined bytes, or the end of the stream. Receives if necessary.</summary>
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
        while (count < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);

        if (count > 0)
        {
            _last.Append((int)count);
            _received += count;
            // A short receive has emptied the socket, so the next byte causes a new edge-triggered event. There are two exceptions: the end
            // of the stream is reported only once, and the kernel cuts a receive short before urgent data.
            _isReadable = count == room.Length || _isHungUp || _hasUrgent;
            return;
        }

        if (count == 0)
        {
            _isEnded = true;
        }
        else if (Marshal.GetLastPInvokeError() is var error && error != LibC.EAGAIN)
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

    /// <summary>
    /// Returns the stream offset of a position. Checks the position, because one of an earlier read may be in a segment that another
    /// connection uses now.
    /// </summary>
    private long OffsetOf(SequencePosition position)
    {
        if (position.GetObject() is not Segment at || _first is null)
        {
            return Consumed();
        }

        // Most positions are in the last segment: this avoids a walk through a message's many segments for each received piece.
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
