namespace UpgradeProtocols;

/// <summary>Counts the compressors that are kept between messages: each costs some 215 KiB of native memory (D5).</summary>
internal sealed class DeflateContextLimit(int max)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether agreeing to context takeover is worthwhile now. No guarantee: <see cref="TryEnter"/> decides.</summary>
    public bool HasRoom => Count < max;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    public void Exit() => Interlocked.Decrement(ref _count);
}
