namespace UpgradeProtocols;

/// <summary>A publisher's counters. Thread-safe.</summary>
internal sealed class PublishCounts
{
    private long _started;
    private long _finished;
    private long _bytes;
    private long _unacknowledged;
    private long _refused;
    private long _lost;
    private int _impossible;

    public long Started => Volatile.Read(ref _started);

    public long Finished => Volatile.Read(ref _finished);

    /// <summary>The bytes of the publishes in progress.</summary>
    public long Unacknowledged => Volatile.Read(ref _unacknowledged);

    public PublishTotals Totals => new(Volatile.Read(ref _refused), Volatile.Read(ref _lost));

    public void Start(int length)
    {
        Interlocked.Add(ref _unacknowledged, length);
        Interlocked.Add(ref _bytes, length);
        Interlocked.Increment(ref _started);
    }

    public void Finish(int length)
    {
        Interlocked.Add(ref _unacknowledged, -length);
        Interlocked.Increment(ref _finished);
    }

    public void Refuse() => Interlocked.Increment(ref _refused);

    public void Lose(int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _lost, count);
        }
    }

    public bool IsFirstImpossible() => Interlocked.Exchange(ref _impossible, 1) == 0;

    public BackplaneStatus Fill(BackplaneStatus status) => status with
    {
        Published = Started,
        PublishedBytes = Volatile.Read(ref _bytes),
        Refused = Volatile.Read(ref _refused),
        Lost = Volatile.Read(ref _lost),
        UnacknowledgedBytes = Unacknowledged,
    };
}

/// <summary>The number of messages that haven't reached other nodes so far.</summary>
/// <param name="Refused">Messages that were refused.</param>
/// <param name="Lost">Messages that were accepted and lost.</param>
internal readonly record struct PublishTotals(long Refused, long Lost);
