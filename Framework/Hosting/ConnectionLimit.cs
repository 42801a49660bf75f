namespace UpgradeProtocols;

/// <summary>Counts connections up to a limit (T2).</summary>
/// <param name="max">The limit, or null for none.</param>
internal sealed class ConnectionLimit(int? max)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= (max ?? int.MaxValue))
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Counts one that is there, limit or not.</summary>
    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave() => Interlocked.Decrement(ref _count);
}
