namespace UpgradeProtocols;

/// <summary>The recent refusals, as many as a person looks at. They are kept only if the explorer is mapped.</summary>
/// <param name="capacity">The number of refusals that are kept; beyond it the oldest is dropped.</param>
internal sealed class RefusalHistory(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<Refusal> _refusals = new(capacity);
    private long _count;

    /// <param name="refusal">The refusal; this method assigns its number.</param>
    public void Add(Refusal refusal)
    {
        lock (_gate)
        {
            if (_refusals.Count == capacity)
            {
                _refusals.Dequeue();
            }

            _refusals.Enqueue(refusal with { Number = ++_count });
        }
    }

    /// <summary>The kept refusals, the newest first.</summary>
    public Refusal[] List()
    {
        lock (_gate)
        {
            return [.. _refusals.Reverse()];
        }
    }
}

/// <summary>A refused request, in the words of the log. Text from the peer is sanitized to fit on one line.</summary>
internal sealed record Refusal(
    DateTimeOffset At, int Status, string Reason, string Method, string Path, string Upgrade, string Subprotocols, string Explanation)
{
    /// <summary>The sequence number, from 1. It orders the refusals.</summary>
    public long Number { get; init; }
}
