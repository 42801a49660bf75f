using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// What a connection sends. A message goes straight into the transport's pipe; while the transport isn't taking more
/// (a flush is under way) messages wait in a queue that is bounded in bytes (W12). Messages of several threads
/// interleave whole (W13).
/// </summary>
internal sealed class Outbound
{
    private readonly Lock _gate = new();
    private readonly PipeWriter _writer;
    private readonly OutboundFraming _framing;
    private readonly int _limit;
    private readonly SlowConsumerPolicy? _policy;

    private LinkedList<QueuedMessage>? _queue;

    // Where the newest waiting push of each key stands.
    private Dictionary<PushKey, LinkedListNode<QueuedMessage>>? _latest;
    private long _queuedBytes;
    private long _queuedReplyBytes;
    private ControlFrame? _pong;
    private bool _isPingDue;
    private long _unflushed;
    private int _deferredBy;
    private int _flushes;
    private long _flushSize;
    private bool _isFlushing;
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

    /// <summary>The number of the flush that is under way, or 0; read without the lock.</summary>
    public int FlushUnderWay => _isFlushing && !_isBroken ? Volatile.Read(ref _flushes) : 0;

    /// <summary>About how many bytes that flush carries.</summary>
    public long FlushSize => Volatile.Read(ref _flushSize);

    /// <summary>Counts what is sent, where anybody listens.</summary>
    public ProtocolMeter? Meter { get; set; }

    /// <summary>The bytes of messages that wait; read without the lock.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    /// <summary>Is told when a push finds the queue full and the policy is to close.</summary>
    public UpgradeConnection? Owner { get; set; }

    /// <summary>
    /// Whether so many replies wait that no more requests should be read: replies are never dropped, so who asks without
    /// reading the answers must be held up.
    /// </summary>
    public bool IsBackedUp => Volatile.Read(ref _queuedReplyBytes) > _limit;

    /// <summary>Waits until requests may be read again.</summary>
    public Task WhenRoomAsync()
    {
        lock (_gate)
        {
            return IsBackedUp && !_isBroken ? Room() : Task.CompletedTask;
        }
    }

    /// <summary>Sends a message that isn't a push: it is never dropped, and the task waits until there is room.</summary>
    public ValueTask<SendResult> SendAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default)
    {
        Task? room = null;
        bool isQueued;
        lock (_gate)
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
        lock (_gate)
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

    /// <summary>Sends a push: a full queue does what the policy says.</summary>
    public ValueTask<SendResult> PushAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default)
    {
        if (TryPush(payload, kind))
        {
            return new(SendResult.Sent);
        }

        var message = SharedMessage.Copy(payload, kind);
        var result = PushAsync(message, policy: null, cancellationToken);
        message.Release();
        return result;
    }

    /// <summary>Sends a push if nothing waits: then its bytes needn't be kept.</summary>
    public bool TryPush(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        lock (_gate)
        {
            if (_isClosing || !TryWriteNow(payload, kind))
            {
                return false;
            }
        }

        FlushSoon();
        return true;
    }

    /// <summary>Sends a push: a full queue does what its own policy says, else the protocol's.</summary>
    public ValueTask<SendResult> PushAsync(SharedMessage message, SlowConsumerPolicy? policy, CancellationToken cancellationToken = default) =>
        PushAsync(message, policy ?? _policy ?? SlowConsumerPolicy.Wait, member: null, cancellationToken);

    private ValueTask<SendResult> PushAsync(
        SharedMessage message, SlowConsumerPolicy policy, Membership? member, CancellationToken cancellationToken = default)
    {
        var result = Push(message, policy, out var room, member);
        return result == SendResult.Queued ? AfterQueued(room, cancellationToken) : new(result);
    }

    /// <summary>
    /// Sends a push that many connections get. Where nobody has said what to do, one that doesn't read is closed: it mustn't
    /// hold up who sends to the others.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="policy">The push's own policy.</param>
    /// <param name="member">For whose sake it comes here: one that has left gets nothing.</param>
    public ValueTask<SendResult> BroadcastAsync(SharedMessage message, SlowConsumerPolicy? policy, Membership? member = null) =>
        PushAsync(message, policy ?? _policy ?? SlowConsumerPolicy.Close, member);

    /// <summary>Sends a push for which nobody can wait, as it came from another node: one that doesn't read is closed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="policy">The push's own policy.</param>
    /// <param name="member">For whose sake it comes here: one that has left gets nothing.</param>
    public SendResult Broadcast(SharedMessage message, SlowConsumerPolicy? policy, Membership? member = null)
    {
        var wanted = policy ?? _policy ?? SlowConsumerPolicy.Close;
        return Push(message, wanted == SlowConsumerPolicy.Wait ? SlowConsumerPolicy.Close : wanted, out _, member);
    }

    /// <summary>Of two receivers' results the one that the sender should know.</summary>
    public static SendResult Worse(SendResult one, SendResult other) => one > other ? one : other;

    /// <summary>Waits for the receivers that had no room.</summary>
    public static async ValueTask<SendResult> WorstAsync(List<Task<SendResult>> full, SendResult worst)
    {
        foreach (var result in await Task.WhenAll(full))
        {
            worst = Worse(worst, result);
        }

        return worst;
    }

    /// <summary>Returns when no other thread is inside a write that it began before.</summary>
    public void AwaitWrites()
    {
        lock (_gate)
        {
        }
    }

    /// <summary>Sends a Pong at once; when the transport is held up, only the latest Ping is answered (RFC 6455 §5.5.3).</summary>
    public void SendPong(ReadOnlyMemory<byte> payload) => SendControl(new ControlFrame(ControlFrameKind.Pong, payload));

    public void SendPing() => SendControl(new ControlFrame(ControlFrameKind.Ping, default));

    /// <summary>Sends a Close after what waits, or instead of it, and takes nothing more.</summary>
    public void Close(ushort code, string reason, bool discardQueue)
    {
        var frame = new ControlFrame(ControlFrameKind.Close, default, code, reason);
        lock (_gate)
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
        lock (_gate)
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
        lock (_gate)
        {
            _isClosing = _isBroken = true;
            DiscardQueue();
            (room, drained) = (_room, _drained);
            _room = null;
        }

        room?.TrySetResult();
        drained?.TrySetResult();
    }

    /// <summary>Hands what was written to the transport.</summary>
    public void Flush()
    {
        lock (_gate)
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

    private SendResult Push(SharedMessage message, SlowConsumerPolicy policy, out Task? room, Membership? member = null)
    {
        room = null;
        SendResult result;
        lock (_gate)
        {
            if (member is { HasLeft: true })
            {
                return SendResult.Sent;
            }

            if (_isClosing)
            {
                return SendResult.Closed;
            }

            if (TryWriteNow(message.Payload, message.Kind))
            {
                result = SendResult.Sent;
            }
            else if (message.Key is { } key && _latest is not null && _latest.TryGetValue(key, out var older))
            {
                result = Replace(older, message, policy, out room);
            }
            else
            {
                (result, room) = IsFull(message.Length) ? MakeRoom(message.Length, policy) : (SendResult.Queued, null);
                if (IsTaken(result, policy))
                {
                    message.AddReference();
                    Enqueue(new QueuedMessage(message, IsPush: true));
                }
            }
        }

        switch (result)
        {
            case SendResult.Sent:
                FlushSoon();
                break;
            case SendResult.Closed:
                Owner?.CloseSlow();
                break;
        }

        return result;
    }

    // In place: a key that changes often has its turn like the others, and isn't put off with each change.
    private SendResult Replace(LinkedListNode<QueuedMessage> older, SharedMessage message, SlowConsumerPolicy policy, out Task? room)
    {
        var before = older.Value;
        Count(before, -1);
        (var result, room) = IsFull(message.Length) ? MakeRoom(message.Length, policy, older) : (SendResult.Queued, null);
        if (IsTaken(result, policy))
        {
            before.Message!.Release();
            message.AddReference();
            older.Value = new QueuedMessage(message, IsPush: true);
            _latest![message.Key!] = older;
        }

        Count(older.Value, 1);
        return result;
    }

    private static bool IsTaken(SendResult result, SlowConsumerPolicy policy) =>
        result == SendResult.Queued || (result == SendResult.Dropped && policy == SlowConsumerPolicy.DropOldest);

    private bool CanWriteNow => !_isFlushing && _queue is not { Count: > 0 };

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
        Meter?.Sent(payload.Length);
    }

    private ValueTask<SendResult> AfterWritten()
    {
        FlushSoon();
        return new(SendResult.Sent);
    }

    private void FlushSoon()
    {
        // Whether somebody flushes later is read without the lock: at worst one flush more.
        var thread = Environment.CurrentManagedThreadId;
        if (_unflushed < FlushBatch.MaxUnflushed && (_deferredBy == thread || FlushBatch.TryDefer(this)))
        {
            _deferredBy = thread;
        }
        else
        {
            Flush();
        }
    }

    private ValueTask<SendResult> AfterQueued(Task? room, CancellationToken cancellationToken) =>
        room is null ? new(SendResult.Queued) : WaitAsync(room, cancellationToken);

    private async ValueTask<SendResult> WaitAsync(Task room, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        return _isBroken ? SendResult.Closed : SendResult.Queued;
    }

    private void SendControl(in ControlFrame frame)
    {
        lock (_gate)
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
                    _pong = frame with { Payload = frame.Payload.ToArray() };
                }

                return;
            }

            _framing.WriteControl(_writer, frame);
            _unflushed += frame.Payload.Length + 1;
        }

        FlushSoon();
    }

    // A message is always accepted by an empty queue, whatever its size.
    private bool IsFull(int length) => _queuedBytes > 0 && _queuedBytes + length > _limit;

    private (SendResult Result, Task? Room) MakeRoom(int length, SlowConsumerPolicy policy, LinkedListNode<QueuedMessage>? kept = null)
    {
        switch (policy)
        {
            case SlowConsumerPolicy.Wait:
                Meter?.SlowConsumer("wait");
                return (SendResult.Queued, Room());
            case SlowConsumerPolicy.DropOldest:
                Meter?.SlowConsumer("drop_oldest");
                DropOldest(length, kept);
                return (SendResult.Dropped, null);
            case SlowConsumerPolicy.DropNewest:
                Meter?.SlowConsumer("drop_newest");
                return (SendResult.Dropped, null);
            default:
                Meter?.SlowConsumer("close");
                return (SendResult.Closed, null);
        }
    }

    private void DropOldest(int length, LinkedListNode<QueuedMessage>? kept)
    {
        for (var node = _queue?.First; node is not null && IsFull(length);)
        {
            var next = node.Next;
            if (node.Value is { IsPush: true, Message: { } message } && node != kept)
            {
                _queue!.Remove(node);
                Forget(message);
                Count(node.Value, -1);
                message.Release();
            }

            node = next;
        }
    }

    private Task Room() => (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Enqueue(in QueuedMessage message)
    {
        var node = (_queue ??= new LinkedList<QueuedMessage>()).AddLast(message);
        Count(message, 1);
        if (message.Message?.Key is { } key)
        {
            (_latest ??= [])[key] = node;
        }
    }

    // What has left the queue is sent, or gone: nothing takes its place any more.
    private void Forget(SharedMessage message)
    {
        if (message.Key is { } key)
        {
            _latest!.Remove(key);
        }
    }

    private void Count(in QueuedMessage queued, int sign)
    {
        var bytes = sign * (queued.Message?.Length ?? 0);
        _queuedBytes += bytes;
        _queuedReplyBytes += queued.IsPush ? 0 : bytes;
    }

    private void DiscardQueue()
    {
        if (_queue is { } queue)
        {
            foreach (var queued in queue)
            {
                queued.Message?.Release();
            }

            queue.Clear();
        }

        _latest?.Clear();
        _queuedBytes = 0;
        _queuedReplyBytes = 0;
        _pong = null;
        _isPingDue = false;
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
        lock (_gate)
        {
            MoveQueueToPipe();
            hasMore = _unflushed > 0;
            _flushes++;
            _flushSize = _unflushed;
            _unflushed = 0;
            _isFlushing = hasMore;
            if (_room is not null && _queuedBytes < _limit)
            {
                (room, _room) = (_room, null);
            }

            if (!hasMore)
            {
                drained = _drained;
            }
        }

        room?.TrySetResult();
        drained?.TrySetResult();
        return hasMore;
    }

    private void MoveQueueToPipe()
    {
        if (_pong is { } pong)
        {
            _pong = null;
            _framing.WriteControl(_writer, pong);
            _unflushed++;
        }

        if (_isPingDue)
        {
            _isPingDue = false;
            _framing.WriteControl(_writer, new ControlFrame(ControlFrameKind.Ping, default));
            _unflushed++;
        }

        while (_queue?.First is { } node && _unflushed < FlushBatch.MaxUnflushed)
        {
            _queue.RemoveFirst();
            if (node.Value.Message is { } message)
            {
                WriteMessage(message.Kind, message.Payload);
                Forget(message);
                Count(node.Value, -1);
                message.Release();
            }
            else
            {
                _framing.WriteControl(_writer, node.Value.Control);
                _unflushed++;
            }
        }
    }

    private readonly record struct QueuedMessage(SharedMessage? Message, bool IsPush, ControlFrame Control = default);
}
