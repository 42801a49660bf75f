namespace UpgradeProtocols;

/// <summary>
/// The messages that run concurrently with a connection's serial queue. Created with the first; used under the queue's lock.
/// </summary>
internal sealed class ConcurrentMessages
{
    private readonly LinkedList<byte[]> _names = [];
    private Signal _fewer;

    public int Count => _names.Count;

    /// <summary>The name of the longest-running message; empty where there is none.</summary>
    public ReadOnlySpan<byte> Oldest => _names.First is { Value: var name } ? name : [];

    /// <summary>Completes when one of the messages has ended.</summary>
    public Task WhenFewer => _fewer.Task;

    public LinkedListNode<byte[]> Add(ReadOnlySpan<byte> name) => _names.AddLast(name.ToArray());

    /// <summary>Removes a message that has ended; returns the waiter's source, which the caller completes outside of the lock.</summary>
    public TaskCompletionSource? Remove(LinkedListNode<byte[]> message)
    {
        _names.Remove(message);
        return _fewer.Take();
    }
}
