using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <content>Handing what is written to the transport, which takes one flush at a time.</content>
internal sealed partial class Outbound : IThreadPoolWorkItem
{
    // So often others go first while replies come.
    private const int MaxTurns = 16;

    private long _unflushed;
    private int _deferredBy;
    private int _flushes;
    private long _flushSize;
    private bool _isFlushing;
    private bool _isFlushScheduled;
    private bool _hasMore;
    private byte _turns;

    /// <summary>The number of the flush that is under way, or 0; read without the lock.</summary>
    public int FlushUnderWay => _isFlushing && !_isBroken ? Volatile.Read(ref _flushes) : 0;

    /// <summary>About how many bytes that flush carries.</summary>
    public long FlushSize => Volatile.Read(ref _flushSize);

    /// <summary>Hands what was written to the transport.</summary>
    public void Flush()
    {
        lock (this)
        {
            _deferredBy = 0;
            if (_isFlushing || _unflushed == 0 || _isBroken)
            {
                return;
            }

            _isFlushing = true;
            _flushes++;
            _flushSize = _unflushed;
            _unflushed = 0;
        }

        FlushWritten();
    }

    /// <summary>Hands what was written to the transport, unless more is likely to come at once: then when that is there too.</summary>
    public void FlushUnlessMoreComes()
    {
        if (Owner is { HasWaitingMessages: true })
        {
            FlushLater();
        }
        else
        {
            Flush();
        }
    }

    /// <summary>The turn of a flush that was put off.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        bool goesOn;
        lock (this)
        {
            goesOn = _isFlushScheduled = _hasMore && ++_turns < MaxTurns;
            _hasMore = false;
        }

        if (goesOn)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Flush();
        }
    }

    // Handlers that await something, one after the other, would each have their reply sent by a system call of its own. While
    // messages wait for their turn replies are sent together, as long as they keep coming: behind what has its turn in the pool.
    private void FlushLater()
    {
        lock (this)
        {
            _deferredBy = 0;
            if (_isFlushScheduled)
            {
                return;
            }

            _isFlushScheduled = true;
            _turns = 0;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void FlushSoon()
    {
        // Whether somebody flushes later is read without the lock: at worst one flush more. It is noted by who has it among what is
        // to be flushed, and by nobody else: who found it noted may be overtaken by that very flush.
        var thread = Environment.CurrentManagedThreadId;
        if (_unflushed >= FlushBatch.MaxUnflushed)
        {
            Flush();
        }
        else if (_deferredBy != thread)
        {
            if (FlushBatch.TryDefer(this))
            {
                _deferredBy = thread;
            }
            else
            {
                FlushUnlessMoreComes();
            }
        }
    }

    private void FlushWritten()
    {
        try
        {
            bool hasMore;
            do
            {
                var flush = _writer.FlushAsync();
                if (!flush.IsCompleted)
                {
                    _ = AwaitFlushAsync(flush);
                    return;
                }

                hasMore = TryContinue(flush.Result);
            }
            while (hasMore);
        }
        catch (Exception)
        {
            // Whatever a transport's flush throws, the transport is gone: the reader learns why.
            Break();
        }
    }

    private async Task AwaitFlushAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            if (!TryContinue(await flush))
            {
                return;
            }
        }
        catch (Exception)
        {
            // As above.
            Break();
            return;
        }

        FlushWritten();
    }

    /// <summary>Moves what waits into the pipe; tells whether there is something to flush.</summary>
    private bool TryContinue(FlushResult finished)
    {
        if (finished.IsCompleted)
        {
            Break();
            return false;
        }

        TaskCompletionSource? room = null;
        TaskCompletionSource? drained = null;
        bool hasMore;
        lock (this)
        {
            if (_queue is { } queue)
            {
                Write(queue);
                room = queue.TakeWaiter();
            }

            hasMore = _unflushed > 0;
            _flushes++;
            _flushSize = _unflushed;
            _unflushed = 0;
            _isFlushing = hasMore;
            if (!hasMore)
            {
                drained = _drained;
            }
        }

        room?.TrySetResult();
        drained?.TrySetResult();
        return hasMore;
    }

    // Control frames first: a Pong or a Ping that is late tells the wrong story. The Close is last.
    private void Write(OutboundQueue queue)
    {
        if (queue.Pong is { } pong)
        {
            queue.Pong = null;
            WriteControl(new ControlFrame(ControlFrameKind.Pong, pong));
        }

        if (queue.IsPingDue)
        {
            queue.IsPingDue = false;
            WriteControl(new ControlFrame(ControlFrameKind.Ping, default));
        }

        while (_unflushed < FlushBatch.MaxUnflushed)
        {
            if (queue.TryTake(out var message))
            {
                WriteMessage(message.Kind, message.Payload);
                message.Release();
            }
            else if (queue.Close is { } close)
            {
                queue.Close = null;
                WriteControl(close);
            }
            else
            {
                break;
            }
        }
    }
}
