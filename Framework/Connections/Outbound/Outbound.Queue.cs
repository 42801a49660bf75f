using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <content>What waits while a flush is under way. All under the gate.</content>
internal sealed partial class Outbound
{
    private LinkedList<QueuedMessage>? _queue;

    // Where the newest waiting push of each key stands.
    private Dictionary<PushKey, LinkedListNode<QueuedMessage>>? _latest;
    private long _queuedBytes;
    private long _queuedReplyBytes;

    // The payload of the Pong that is due.
    private byte[]? _pong;
    private bool _isPingDue;

    /// <summary>The bytes of messages that wait; read without the lock.</summary>
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    // A message is always accepted by an empty queue, whatever its size.
    private bool IsFull(int length) => _queuedBytes > 0 && _queuedBytes + length > _limit;

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

    private void MoveQueueToPipe()
    {
        if (_pong is { } pong)
        {
            _pong = null;
            _framing.WriteControl(_writer, new ControlFrame(ControlFrameKind.Pong, pong));
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
