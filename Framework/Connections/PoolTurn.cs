namespace UpgradeProtocols;

/// <summary>
/// Tells whether the thread pool is held up: by handlers that block, or by more work than the machine can do. What is read of a peer goes
/// on in the pool, and waits there behind what was queued before it. Timers don't: they go first.
/// </summary>
internal sealed class PoolTurn : IThreadPoolWorkItem
{
    // In milliseconds, by the system's clock.
    private const int Patience = 100;

    private readonly Func<long> _now;
    private readonly Action<PoolTurn> _queue;
    private long _askedAt;

    public PoolTurn()
        : this(static () => Environment.TickCount64, static turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false))
    {
    }

    /// <summary>With another time, from 1 on, and another way to have its turn later.</summary>
    public PoolTurn(Func<long> now, Action<PoolTurn> queue) => (_now, _queue) = (now, queue);

    /// <summary>Whether the turn that was asked for hasn't come for longer than it takes where threads are free.</summary>
    public bool IsLate => Volatile.Read(ref _askedAt) is var askedAt and not 0 && _now() - askedAt > Patience;

    /// <summary>Asks for a turn behind what waits in the pool, unless one is awaited already.</summary>
    public void Ask()
    {
        if (Interlocked.CompareExchange(ref _askedAt, _now(), 0) == 0)
        {
            _queue(this);
        }
    }

    /// <summary>The turn has come.</summary>
    public void Execute() => Volatile.Write(ref _askedAt, 0);
}
