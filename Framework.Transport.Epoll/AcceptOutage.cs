namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// An outage of accepting: the listener pauses and retries until no connection waits any more. All members need the listener's lock, except
/// for the timer's callback.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="resume">Listens again, under that lock.</param>
internal sealed class AcceptOutage(TimeProvider time, Action resume) : IAsyncDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // At the limit outages follow one another closely.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    private ITimer? _timer;
    private long _told;
    private bool _isOut;
    private bool _isPaused;

    public bool IsPaused => Volatile.Read(ref _isPaused);

    /// <summary>Accepting has failed.</summary>
    /// <returns>Whether the caller should log it: once for an outage.</returns>
    public bool Begin()
    {
        Volatile.Write(ref _isPaused, true);
        var never = Timeout.InfiniteTimeSpan;
        _timer ??= time.CreateTimer(static outage => ((AcceptOutage)outage!).End(), this, never, never);
        _timer.Change(Pause, never);
        if (_isOut || (_told != 0 && time.GetElapsedTime(_told) < s_silence))
        {
            return false;
        }

        (_isOut, _told) = (true, time.GetTimestamp());
        return true;
    }

    /// <summary>No connection waits any more.</summary>
    public void Over() => _isOut = false;

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? default;

    private void End()
    {
        Volatile.Write(ref _isPaused, false);
        resume();
    }
}
