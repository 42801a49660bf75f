namespace UpgradeProtocols;

/// <summary>Counts connections up to a limit (T2).</summary>
/// <param name="max">The limit, or null for none.</param>
internal sealed class ConnectionLimit(int? max)
{
    private int _max = max ?? int.MaxValue;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool IsFull => Count >= Volatile.Read(ref _max);

    /// <summary>Changes the limit. Connections that are counted already stay.</summary>
    public void SetMax(int? max) => Volatile.Write(ref _max, max ?? int.MaxValue);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= Volatile.Read(ref _max))
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts a connection regardless of the limit.</summary>
    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave() => Interlocked.Decrement(ref _count);
}
