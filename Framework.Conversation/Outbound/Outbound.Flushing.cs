using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <content>Flushing the written bytes to the transport, which accepts one flush at a time.</content>
internal sealed partial class Outbound : IThreadPoolWorkItem
{
    // The number of times that a flush yields to other work while replies come.
    private const int MaxTurns = 16;

    private long _unflushed;
    private int _deferredBy;
    private int _flushes;
    private long _flushSize;
    private bool _isFlushing;
    private bool _isFlushScheduled;
    private bool _hasMore;
    private byte _turns;

    /// <summary>The number of the flush in progress, or 0; read without the lock.</summary>
    public int FlushUnderWay => _isFlushing && !_isBroken ? Volatile.Read(ref _flushes) : 0;

    /// <summary>The approximate number of bytes in that flush.</summary>
    public long FlushSize => Volatile.Read(ref _flushSize);

    /// <summary>Flushes the written bytes to the transport.</summary>
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

    /// <summary>Flushes the written bytes to the transport. If more are likely to follow at once, it waits for them.</summary>
    public void FlushUnlessMoreComes()
    {
        if (_owner is { HasWaitingMessages: true })
        {
            FlushLater();
        }
        else
        {
            Flush();
        }
    }

    /// <summary>Runs a deferred flush.</summary>
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

    // Handlers that await something, one after the other, would each send their reply with a separate system call. While
    // messages wait for their turn, replies are sent together as long as they keep coming: the flush queues behind other pool work.
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
        // The deferral is read without the lock: at worst there is one extra flush. Only the thread that has this connection in its batch
        // records the deferral. A thread that finds it recorded may be overtaken by that very flush.
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
            // After any exception of a transport's flush the transport has failed. The reader gets the reason.
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
            // Any exception means that the transport has failed.
            Break();
            return;
        }

        FlushWritten();
    }

    /// <summary>Moves the waiting messages into the pipe; returns whether there is something to flush.</summary>
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

    // Control frames first: a late Pong or Ping would mislead the peer. The Close is last.
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
