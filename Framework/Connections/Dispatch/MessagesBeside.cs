namespace UpgradeProtocols.Runtime;

/// <summary>The messages that are handled beside a connection's lane. Made with the first; used under the lane's lock.</summary>
internal sealed class MessagesBeside
{
    private readonly LinkedList<byte[]> _names = [];
    private Signal _fewer;

    public int Count => _names.Count;

    /// <summary>The name of the one that has been there the longest; empty where there is none.</summary>
    public ReadOnlySpan<byte> Oldest => _names.First is { Value: var name } ? name : [];

    /// <summary>Completes when one of them has ended.</summary>
    public Task WhenFewer => _fewer.Task;

    public LinkedListNode<byte[]> Add(ReadOnlySpan<byte> name) => _names.AddLast(name.ToArray());

    /// <summary>Takes one out that has ended; gives who waits for it, to be told outside of the lock.</summary>
    public TaskCompletionSource? Remove(LinkedListNode<byte[]> message)
    {
        _names.Remove(message);
        return _fewer.Take();
    }
}
