using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// A connection's output. A message goes directly into the transport's pipe. While the transport doesn't accept more
/// (a flush is in progress), messages wait in a queue that is limited in bytes (W12). Messages of several threads
/// interleave as whole messages (W13).
/// The object is its own lock: it isn't accessible from outside, and a separate lock for each connection would cost memory.
/// </summary>
internal sealed partial class Outbound
{
    private readonly PipeWriter _writer;
    private readonly IOutboundOwner? _owner;
    private readonly OutboundFraming _framing;
    private readonly int _limit;
    private readonly SlowConsumerPolicy? _policy;
    private bool _isClosing;
    private bool _isBroken;
    private OutboundQueue? _queue;
    private TaskCompletionSource? _drained;

    // Where the protocol has no policy, a push to this connection waits, and a broadcast closes it.
    public Outbound(PipeWriter writer, OutboundFraming framing, int limit, SlowConsumerPolicy? policy, IOutboundOwner? owner)
    {
        _writer = writer;
        _owner = owner;
        _framing = framing;
        _limit = limit;
        _policy = policy;
    }

    /// <summary>The bytes of waiting messages; read without the lock.</summary>
    public long QueuedBytes => _queue?.Bytes ?? 0;

    /// <summary>
    /// Whether so many replies wait that no more requests should be read. Replies are never dropped, so a peer that sends requests without
    /// reading the replies must be held up.
    /// </summary>
    public bool IsBackedUp => _queue is { } queue && queue.ReplyBytes > _limit;

    // Messages wait for the flush in progress.
    private OutboundQueue Queue => _queue ??= new OutboundQueue(_limit);

    /// <summary>Waits until requests may be read again.</summary>
    public Task WhenRoomAsync()
    {
        lock (this)
        {
            return IsBackedUp && !_isBroken ? Queue.WhenRoom : Task.CompletedTask;
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
                return new(SendOutcome.Closed);
            }

            isQueued = !TryWriteNow(payload, kind);
            if (isQueued)
            {
                room = Queue.IsFull(payload.Length) ? Queue.WhenRoom : null;
                Queue.Add(SharedMessage.Copy(payload, kind), isPush: false);
            }
        }

        return isQueued ? AfterQueued(room, cancellationToken) : AfterWritten();
    }

    /// <summary>Sends a message that isn't a push without waiting for room: an error reply to a peer's message.</summary>
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
                Queue.Add(SharedMessage.Copy(payload, kind), isPush: false);
                return;
            }
        }

        FlushSoon();
    }

    /// <summary>Sends a Pong at once; when the transport is held up, only the latest Ping is answered (RFC 6455 §5.5.3).</summary>
    public void SendPong(ReadOnlyMemory<byte> payload) => SendControl(new ControlFrame(ControlFrameKind.Pong, payload));

    public void SendPing() => SendControl(new ControlFrame(ControlFrameKind.Ping, default));

    /// <summary>Returns when no other thread is inside a write that began before this call.</summary>
    public void AwaitWrites()
    {
        lock (this)
        {
        }
    }

    /// <summary>Sends a Close after the waiting messages, or instead of them, and accepts nothing more.</summary>
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
                _queue?.Clear();
            }

            if (_isFlushing)
            {
                Queue.Close = frame;
            }
            else
            {
                WriteControl(frame);
            }
        }

        Flush();
    }

    /// <summary>Waits until all messages have been handed to the transport.</summary>
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

    /// <summary>The transport has failed or ended: nothing is sent any more, and all waiting ends.</summary>
    public void Break()
    {
        TaskCompletionSource? room, drained;
        lock (this)
        {
            _isClosing = _isBroken = true;
            _queue?.Clear();
            room = _queue?.TakeWaiter();
            drained = _drained;
        }

        room?.TrySetResult();
        drained?.TrySetResult();
    }

    private bool TryWriteNow(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        if (_isFlushing)
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
        _owner?.Meter.Sent(payload.Length);
    }

    private void WriteControl(in ControlFrame frame)
    {
        _framing.WriteControl(_writer, frame);
        _unflushed += frame.Payload.Length + 1;
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
                    Queue.IsPingDue = true;
                }
                else
                {
                    // The payload is in the reader's buffer, so it is copied.
                    Queue.Pong = frame.Payload.ToArray();
                }

                return;
            }

            WriteControl(frame);
        }

        FlushSoon();
    }

    private ValueTask<SendResult> AfterWritten()
    {
        FlushSoon();
        return new(SendOutcome.Sent);
    }

    private ValueTask<SendResult> AfterQueued(Task? room, CancellationToken cancellationToken) =>
        room is null ? new(SendOutcome.Queued) : WaitAsync(room, cancellationToken);

    private async ValueTask<SendResult> WaitAsync(Task room, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        return _isBroken ? SendOutcome.Closed : SendOutcome.Queued;
    }
}
