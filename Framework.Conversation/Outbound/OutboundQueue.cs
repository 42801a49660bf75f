using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// The waiting output of a connection while a flush is in progress: messages up to a limit in bytes (W12), and pending control frames.
/// Most connections never need a queue. It is used under its connection's lock.
/// </summary>
/// <param name="limit">The maximum number of waiting bytes. An empty queue accepts a message of any size.</param>
internal sealed class OutboundQueue(int limit)
{
    private const int MaxSpare = 64;

    private readonly LinkedList<QueuedMessage> _messages = new();

    // Free nodes for reuse: a connection that is often held up allocates nothing.
    private readonly LinkedList<QueuedMessage> _spare = new();

    // The newest waiting push of each key.
    private Dictionary<PushKey, LinkedListNode<QueuedMessage>>? _latest;
    private long _bytes;
    private long _replyBytes;
    private Signal _room;

    /// <summary>The payload of the pending Pong, if there is one.</summary>
    public byte[]? Pong { get; set; }

    public bool IsPingDue { get; set; }

    /// <summary>The Close that follows the messages, if there is one.</summary>
    public ControlFrame? Close { get; set; }

    /// <summary>The bytes of waiting messages; read without the lock.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The bytes of messages that aren't pushes, and so are never dropped; read without the lock.</summary>
    public long ReplyBytes => Volatile.Read(ref _replyBytes);

    /// <summary>Completes when there is room again, or the queue is given up.</summary>
    public Task WhenRoom => _room.Task;

    /// <summary>Whether a message of this size would exceed the limit.</summary>
    public bool IsFull(int length) => _bytes > 0 && _bytes + length > limit;

    /// <summary>Adds a message. The queue owns the caller's reference.</summary>
    public void Add(SharedMessage message, bool isPush)
    {
        var place = TakePlace(new QueuedMessage(message, isPush));
        _messages.AddLast(place);
        Count(place.Value, 1);
        if (message.Key is { } key)
        {
            (_latest ??= [])[key] = place;
        }
    }

    /// <summary>Finds the waiting push that a newer one with this key may replace.</summary>
    public bool TryFind(PushKey? key, [NotNullWhen(true)] out LinkedListNode<QueuedMessage>? place)
    {
        place = null;
        return key is not null && _latest is not null && _latest.TryGetValue(key, out place);
    }

    /// <summary>Replaces an older push. The queue owns the caller's reference.</summary>
    public void Replace(LinkedListNode<QueuedMessage> place, SharedMessage message)
    {
        Count(place.Value, -1);
        place.Value.Message.Release();
        place.Value = new QueuedMessage(message, IsPush: true);
        Count(place.Value, 1);
        _latest![message.Key!] = place;
    }

    /// <summary>Whether a push would exceed the limit in place of an older one.</summary>
    public bool IsFull(LinkedListNode<QueuedMessage> place, int length)
    {
        var others = _bytes - place.Value.Message.Length;
        return others > 0 && others + length > limit;
    }

    /// <summary>Drops the oldest pushes until there is room.</summary>
    /// <param name="length">The bytes of the new push.</param>
    /// <param name="replaced">The push that the new one replaces, if there is one: it isn't dropped here.</param>
    public void DropOldest(int length, LinkedListNode<QueuedMessage>? replaced = null)
    {
        for (var place = _messages.First; place is not null && (replaced is null ? IsFull(length) : IsFull(replaced, length));)
        {
            var next = place.Next;
            if (place.Value.IsPush && place != replaced)
            {
                Remove(place).Release();
            }

            place = next;
        }
    }

    /// <summary>Removes the oldest message, and hands over its reference.</summary>
    public bool TryTake([NotNullWhen(true)] out SharedMessage? message)
    {
        message = _messages.First is { } first ? Remove(first) : null;
        return message is not null;
    }

    /// <summary>Takes the source of the waiter for room, once there is room; the caller completes it outside of the lock.</summary>
    public TaskCompletionSource? TakeWaiter() => _bytes < limit ? _room.Take() : null;

    public void Clear()
    {
        while (TryTake(out var message))
        {
            message.Release();
        }

        Pong = null;
        IsPingDue = false;
        Close = null;
    }

    // A message that has left the queue is sent or dropped: no newer one can replace it.
    private SharedMessage Remove(LinkedListNode<QueuedMessage> place)
    {
        var queued = place.Value;
        _messages.Remove(place);
        Count(queued, -1);
        if (queued.Message.Key is { } key)
        {
            _latest!.Remove(key);
        }

        if (_spare.Count < MaxSpare)
        {
            place.Value = default;
            _spare.AddLast(place);
        }

        return queued.Message;
    }

    private LinkedListNode<QueuedMessage> TakePlace(in QueuedMessage message)
    {
        if (_spare.First is not { } place)
        {
            return new LinkedListNode<QueuedMessage>(message);
        }

        _spare.Remove(place);
        place.Value = message;
        return place;
    }

    private void Count(in QueuedMessage queued, int sign)
    {
        var bytes = sign * queued.Message.Length;
        _bytes += bytes;
        _replyBytes += queued.IsPush ? 0 : bytes;
    }

    internal readonly record struct QueuedMessage(SharedMessage Message, bool IsPush);
}
