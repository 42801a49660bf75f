namespace UpgradeProtocols;

/// <summary>
/// Tells whether the thread pool is held up: by handlers that block, or by more work than the machine can do. What is read of a peer goes on
/// in the pool, and waits there behind what was queued before it. Timers don't: they go first.
/// </summary>
internal sealed class PoolTurn : IThreadPoolWorkItem
{
    private const int Patience = 100;

    private long _askedAt;

    /// <summary>Whether the turn that was asked for hasn't come for longer than it takes where threads are free.</summary>
    public bool IsLate => Volatile.Read(ref _askedAt) is var askedAt and not 0 && Environment.TickCount64 - askedAt > Patience;

    /// <summary>Asks for a turn behind what waits in the pool, unless one is awaited already.</summary>
    public void Ask()
    {
        if (Interlocked.CompareExchange(ref _askedAt, Math.Max(1, Environment.TickCount64), 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The turn has come.</summary>
    public void Execute() => Volatile.Write(ref _askedAt, 0);
}
