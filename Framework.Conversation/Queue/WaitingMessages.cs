namespace UpgradeProtocols;

/// <summary>The waiting messages of a connection's serial queue. Created with the first; used under the queue's lock.</summary>
internal sealed class WaitingMessages
{
    // An empty message takes memory too.
    private const int Overhead = 64;

    private readonly Queue<WaitingMessage> _messages = new();
    private long _bytes;
    private Signal _fewer;

    /// <summary>The size of the messages including their overhead; read without the lock.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Completes when a message is taken and there is room again.</summary>
    public Task WhenFewer => _fewer.Task;

    public void Add(ReadOnlySpan<byte> message, MessageKind kind)
    {
        var buffer = BufferPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        _messages.Enqueue(new WaitingMessage(buffer, message.Length, kind));
        _bytes += message.Length + Overhead;
    }

    public bool TryTake(out WaitingMessage message)
    {
        if (!_messages.TryDequeue(out message))
        {
            return false;
        }

        _bytes -= message.Length + Overhead;
        return true;
    }

    /// <summary>Removes the first message that a predicate accepts. The others keep their order.</summary>
    public bool TryRemove(Predicate<WaitingMessage> predicate, out WaitingMessage removed)
    {
        removed = default;
        var isFound = false;
        for (var left = _messages.Count; left > 0; left--)
        {
            var message = _messages.Dequeue();
            if (!isFound && predicate(message))
            {
                isFound = true;
                removed = message;
                _bytes -= message.Length + Overhead;
            }
            else
            {
                _messages.Enqueue(message);
            }
        }

        return isFound;
    }

    /// <summary>Takes the source of the waiter for room, which the caller completes outside of the lock.</summary>
    public TaskCompletionSource? TakeWaiter() => _fewer.Take();
}

/// <summary>A waiting message in a pooled buffer.</summary>
internal readonly record struct WaitingMessage(byte[] Buffer, int Length, MessageKind Kind)
{
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);
}
