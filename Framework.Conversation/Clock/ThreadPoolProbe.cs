namespace UpgradeProtocols;

/// <summary>
/// Detects whether the thread pool is held up: by handlers that block, or by more work than the machine can do. Received bytes are handled
/// in the pool, and wait there behind earlier work. Timers don't wait: they run first.
/// </summary>
internal sealed class ThreadPoolProbe : IThreadPoolWorkItem
{
    // In milliseconds of the system's clock.
    private const int Patience = 100;

    private readonly Func<long> _now;
    private readonly Action<ThreadPoolProbe> _queue;
    private long _askedAt;

    public ThreadPoolProbe()
        : this(static () => Environment.TickCount64, static probe => ThreadPool.UnsafeQueueUserWorkItem(probe, preferLocal: false))
    {
    }

    /// <summary>Creates an instance with another time source, whose values start at 1, and another way to queue the probe.</summary>
    public ThreadPoolProbe(Func<long> now, Action<ThreadPoolProbe> queue) => (_now, _queue) = (now, queue);

    /// <summary>Whether the probe has been queued for longer than it takes when threads are free.</summary>
    public bool IsLate => Volatile.Read(ref _askedAt) is var askedAt and not 0 && _now() - askedAt > Patience;

    /// <summary>Queues the probe behind the work that waits in the pool, unless it is queued already.</summary>
    public void Ask()
    {
        if (Interlocked.CompareExchange(ref _askedAt, _now(), 0) == 0)
        {
            _queue(this);
        }
    }

    /// <summary>The probe runs: a thread was free.</summary>
    public void Execute() => Volatile.Write(ref _askedAt, 0);
}
