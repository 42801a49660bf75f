namespace UpgradeProtocols;

/// <summary>
/// Flushes what groups get from elsewhere than a batch: from another node, from a handler that has awaited something, from a timer.
/// It does so on a thread of the pool, behind what has its turn there before: when more comes meanwhile, all goes out together, by
/// one system call for each connection.
/// </summary>
internal sealed class FlushBurst : IThreadPoolWorkItem
{
    // What comes without end is flushed by who sends it.
    private const int MaxMessages = 64;

    private readonly Lock _gate = new();
    private readonly Action<FlushBurst> _schedule;
    private List<Outbound> _pending = [];

    // Null while a flush is under way.
    private List<Outbound>? _spare = [];
    private int _messages;
    private int _messagesSeen;
    private bool _isScheduled;

    public FlushBurst()
        : this(static burst => ThreadPool.UnsafeQueueUserWorkItem(burst, preferLocal: false))
    {
    }

    /// <summary>With another way to have its turn later.</summary>
    public FlushBurst(Action<FlushBurst> schedule) => _schedule = schedule;

    /// <summary>Takes over what a message has been written to, without those that an earlier one had been written to.</summary>
    public void Add(List<Outbound> written)
    {
        bool isLong, schedules;
        lock (_gate)
        {
            _pending.AddRange(written);
            if (_pending.Count == 0)
            {
                return;
            }

            isLong = ++_messages == MaxMessages;
            schedules = !isLong && !_isScheduled;
            _isScheduled |= schedules;
        }

        if (isLong)
        {
            Flush();
        }
        else if (schedules)
        {
            _schedule(this);
        }
    }

    /// <summary>Its turn: it lets others go before it as long as more has come since the last.</summary>
    public void Execute()
    {
        bool goesOn;
        lock (_gate)
        {
            goesOn = _isScheduled = _messages > _messagesSeen;
            _messagesSeen = _messages;
        }

        if (goesOn)
        {
            _schedule(this);
        }
        else
        {
            Flush();
        }
    }

    private void Flush()
    {
        List<Outbound> pending;
        lock (_gate)
        {
            (pending, _pending, _spare) = (_pending, _spare ?? [], null);
            _messages = _messagesSeen = 0;
        }

        foreach (var outbound in pending)
        {
            outbound.Flush();
        }

        pending.Clear();
        lock (_gate)
        {
            _spare = pending;
        }
    }
}
