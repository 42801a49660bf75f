namespace UpgradeProtocols.Runtime;

/// <summary>The messages that wait for their turn in a connection's lane. Made with the first; used under the lane's lock.</summary>
internal sealed class WaitingMessages
{
    // An empty message takes memory too.
    private const int Overhead = 64;

    private readonly Queue<WaitingMessage> _messages = new();
    private long _bytes;
    private Signal _fewer;

    /// <summary>What they take; read without the lock.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Completes when whoever takes one finds that there is room again.</summary>
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

    /// <summary>Gives who waits for room, to be told outside of the lock.</summary>
    public TaskCompletionSource? TakeWaiter() => _fewer.Take();
}

/// <summary>A message that waits, in a pooled buffer.</summary>
internal readonly record struct WaitingMessage(byte[] Buffer, int Length, MessageKind Kind);
