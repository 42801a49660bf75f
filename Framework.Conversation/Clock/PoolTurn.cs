namespace UpgradeProtocols;

/// <summary>
/// Detects whether the thread pool is held up: by handlers that block, or by more work than the machine can do. Received bytes are handled
/// in the pool, and wait there behind earlier work. Timers don't wait: they run first.
/// </summary>
internal sealed class PoolTurn : IThreadPoolWorkItem
{
    // In milliseconds of the system's clock.
    private const int Patience = 100;

    private readonly Func<long> _now;
    private readonly Action<PoolTurn> _queue;
    private long _askedAt;

    public PoolTurn()
        : this(static () => Environment.TickCount64, static turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false))
    {
    }

    /// <summary>Creates an instance with another time source, whose values start at 1, and another way to queue its turn.</summary>
    public PoolTurn(Func<long> now, Action<PoolTurn> queue) => (_now, _queue) = (now, queue);

    /// <summary>Whether the requested turn has been outstanding for longer than it takes when threads are free.</summary>
    public bool IsLate => Volatile.Read(ref _askedAt) is var askedAt and not 0 && _now() - askedAt > Patience;

    /// <summary>Requests a turn behind the work that waits in the pool, unless one is outstanding already.</summary>
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
