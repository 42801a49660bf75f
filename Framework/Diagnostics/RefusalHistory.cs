namespace UpgradeProtocols;

/// <summary>The refusals of late, as many as a person looks at. It is kept only where somebody has asked for it.</summary>
/// <param name="capacity">How many are kept; then the oldest goes.</param>
internal sealed class RefusalHistory(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<Refusal> _refusals = new(capacity);
    private long _count;

    /// <param name="refusal">What was refused; it is given its number here.</param>
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

    /// <summary>Those that are kept, the newest first.</summary>
    public Refusal[] List()
    {
        lock (_gate)
        {
            return [.. _refusals.Reverse()];
        }
    }
}

/// <summary>A refused request, in the words of the log. Its texts are a peer's, made fit for one line.</summary>
internal sealed record Refusal(
    DateTimeOffset At, int Status, string Reason, string Method, string Path, string Upgrade, string Subprotocols, string Explanation)
{
    /// <summary>Counts from 1: which of two came later.</summary>
    public long Number { get; init; }
}
