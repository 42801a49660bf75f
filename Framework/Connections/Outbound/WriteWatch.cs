namespace UpgradeProtocols;

/// <summary>Tells, by the ticks of the clock, when one flush has been under way for too long: the peer doesn't read.</summary>
internal struct WriteWatch
{
    private const int TimedSize = 1024 * 1024;

    private int _flush;
    private long _since;

    /// <summary>How long a flush may take, in milliseconds: the timeout, for each MiB that it has to carry.</summary>
    public static long Limit(TimeSpan timeout, long size) => timeout == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)timeout.TotalMilliseconds * Math.Max(1, (size + TimedSize - 1) / TimedSize);

    /// <summary>Leaves a time out in which nothing could be sent.</summary>
    /// <param name="milliseconds">How long it was.</param>
    public void PutOff(long milliseconds) => _since += milliseconds;

    /// <param name="flush">Which flush is under way: a number, 0 for none.</param>
    /// <param name="now">The clock's time.</param>
    /// <param name="limit">How long it may take.</param>
    public bool IsOver(int flush, long now, long limit)
    {
        if (flush == 0 || flush != _flush)
        {
            _flush = flush;
            _since = now;
            return false;
        }

        return now - _since >= limit;
    }
}
