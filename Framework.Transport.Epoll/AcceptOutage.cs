namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// A period in which connections can't be accepted. The listener pauses, and retries until no connection waits any more. All calls hold
/// the listener's lock, except the timer's callback.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="resume">Starts to listen again; takes the listener's lock.</param>
internal sealed class AcceptOutage(TimeProvider time, Action resume) : IAsyncDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // The minimum time between two reports: at the file limit, outages follow each other closely.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    private ITimer? _timer;
    private long _told;
    private bool _isOut;
    private bool _isPaused;

    public bool IsPaused => Volatile.Read(ref _isPaused);

    /// <summary>Starts or extends the outage after accepting has failed.</summary>
    /// <returns>Whether the failure must be logged: once per outage.</returns>
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

    /// <summary>Ends the outage: no connection waits any more.</summary>
    public void Over() => _isOut = false;

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? default;

    private void End()
    {
        Volatile.Write(ref _isPaused, false);
        resume();
    }
}
