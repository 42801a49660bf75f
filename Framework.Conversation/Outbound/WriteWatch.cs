namespace UpgradeProtocols;

/// <summary>Detects at the ticks of the clock that one flush has been in progress for too long: the peer doesn't read.</summary>
internal struct WriteWatch
{
    private const int TimedSize = 1024 * 1024;

    private int _flush;
    private long _since;

    /// <summary>The time limit of a flush in milliseconds: the timeout for each MiB of the flush.</summary>
    public static long Limit(TimeSpan timeout, long size) => timeout == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)timeout.TotalMilliseconds * Math.Max(1, (size + TimedSize - 1) / TimedSize);

    /// <summary>Excludes a time in which nothing could be sent.</summary>
    /// <param name="milliseconds">The length of that time.</param>
    public void PutOff(long milliseconds) => _since += milliseconds;

    /// <param name="flush">The number of the flush in progress; 0 for none.</param>
    /// <param name="now">The clock's time.</param>
    /// <param name="limit">The time limit of the flush.</param>
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
