using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// What a connection sends. A message goes straight into the transport's pipe; while the transport isn't taking more
/// (a flush is under way) messages wait in a queue that is bounded in bytes (W12). Messages of several threads
/// interleave whole (W13).
/// It is its own lock: nobody outside has it, and a lock of each would cost memory.
/// </summary>
internal sealed partial class Outbound
{
    private readonly PipeWriter _writer;
    private readonly OutboundFraming _framing;
    private readonly int _limit;
    private readonly SlowConsumerPolicy? _policy;
    private bool _isClosing;
    private bool _isBroken;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _drained;

    // Where the protocol has no policy, a push to this connection waits, and a broadcast closes it.
    public Outbound(PipeWriter writer, OutboundFraming framing, int limit, SlowConsumerPolicy? policy)
    {
        _writer = writer;
        _framing = framing;
        _limit = limit;
        _policy = policy;
    }

    /// <summary>Counts what is sent, where anybody listens.</summary>
    public ProtocolMeter? Meter { get; set; }

    /// <summary>Is told when a push finds the queue full and the policy is to close.</summary>
    public UpgradeConnection? Owner { get; set; }

    /// <summary>
    /// Whether so many replies wait that no more requests should be read: replies are never dropped, so who asks without
    /// reading the answers must be held up.
    /// </summary>
    public bool IsBackedUp => Volatile.Read(ref _queuedReplyBytes) > _limit;

    private bool CanWriteNow => !_isFlushing && _queue is not { Count: > 0 };

    /// <summary>Waits until requests may be read again.</summary>
    public Task WhenRoomAsync()
    {
        lock (this)
        {
            return IsBackedUp && !_isBroken ? Room() : Task.CompletedTask;
        }
    }

    /// <summary>Sends a message that isn't a push: it is never dropped, and the task waits until there is room.</summary>
    public ValueTask<SendResult> SendAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default)
    {
        Task? room = null;
        bool isQueued;
        lock (this)
        {
            if (_isClosing)
            {
                return new(SendResult.Closed);
            }

            isQueued = !TryWriteNow(payload, kind);
            if (isQueued)
            {
                room = IsFull(payload.Length) ? Room() : null;
                Enqueue(new QueuedMessage(SharedMessage.Copy(payload, kind), IsPush: false));
            }
        }

        return isQueued ? AfterQueued(room, cancellationToken) : AfterWritten();
    }

    /// <summary>Sends a message that isn't a push without waiting for room: an error reply to what a peer sent.</summary>
    public void Send(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        lock (this)
        {
            if (_isClosing)
            {
                return;
            }

            if (!TryWriteNow(payload, kind))
            {
                Enqueue(new QueuedMessage(SharedMessage.Copy(payload, kind), IsPush: false));
                return;
            }
        }

        FlushSoon();
    }

    /// <summary>Sends a Pong at once; when the transport is held up, only the latest Ping is answered (RFC 6455 §5.5.3).</summary>
    public void SendPong(ReadOnlyMemory<byte> payload) => SendControl(new ControlFrame(ControlFrameKind.Pong, payload));

    public void SendPing() => SendControl(new ControlFrame(ControlFrameKind.Ping, default));

    /// <summary>Returns when no other thread is inside a write that it began before.</summary>
    public void AwaitWrites()
    {
        lock (this)
        {
        }
    }

    /// <summary>Sends a Close after what waits, or instead of it, and takes nothing more.</summary>
    public void Close(ushort code, string reason, bool discardQueue)
    {
        var frame = new ControlFrame(ControlFrameKind.Close, default, code, reason);
        lock (this)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
            if (discardQueue)
            {
                DiscardQueue();
            }

            if (CanWriteNow)
            {
                _framing.WriteControl(_writer, frame);
                _unflushed++;
            }
            else
            {
                Enqueue(new QueuedMessage(null, IsPush: false, frame));
            }
        }

        Flush();
    }

    /// <summary>Waits until everything has been handed to the transport.</summary>
    public Task WhenDrainedAsync()
    {
        lock (this)
        {
            _isClosing = true;
            if (_isBroken || (!_isFlushing && _unflushed == 0))
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Flush();
        return _drained.Task;
    }

    /// <summary>The transport is gone: nothing is sent any more, nobody waits.</summary>
    public void Break()
    {
        TaskCompletionSource? room, drained;
        lock (this)
        {
            _isClosing = _isBroken = true;
            DiscardQueue();
            (room, drained) = (_room, _drained);
            _room = null;
        }

        room?.TrySetResult();
        drained?.TrySetResult();
    }

    private bool TryWriteNow(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        if (!CanWriteNow)
        {
            _framing.Check(payload);
            return false;
        }

        WriteMessage(kind, payload);
        return true;
    }

    private void WriteMessage(MessageKind kind, ReadOnlySpan<byte> payload)
    {
        _framing.WriteMessage(_writer, kind, payload);
        _unflushed += payload.Length + 1;
        _hasMore = true;
        Meter?.Sent(payload.Length);
    }

    private void SendControl(in ControlFrame frame)
    {
        lock (this)
        {
            if (_isClosing)
            {
                return;
            }

            if (_isFlushing)
            {
                if (frame.Kind == ControlFrameKind.Ping)
                {
                    _isPingDue = true;
                }
                else
                {
                    // The payload lies in the reader's buffer.
                    _pong = frame.Payload.ToArray();
                }

                return;
            }

            _framing.WriteControl(_writer, frame);
            _unflushed += frame.Payload.Length + 1;
        }

        FlushSoon();
    }

    private ValueTask<SendResult> AfterWritten()
    {
        FlushSoon();
        return new(SendResult.Sent);
    }

    private ValueTask<SendResult> AfterQueued(Task? room, CancellationToken cancellationToken) =>
        room is null ? new(SendResult.Queued) : WaitAsync(room, cancellationToken);

    private async ValueTask<SendResult> WaitAsync(Task room, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        return _isBroken ? SendResult.Closed : SendResult.Queued;
    }

    private Task Room() => (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
