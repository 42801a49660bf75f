namespace UpgradeProtocols;

/// <summary>Counts the compressors that live on between messages: each costs some 215 KiB of native memory (D5).</summary>
internal sealed class DeflateContextLimit(int max)
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether takeover is worth agreeing to now. No promise: <see cref="TryEnter"/> decides.</summary>
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
