namespace UpgradeProtocols;

/// <summary>
/// Flushes group messages that come from outside of a batch: from another node, from a handler after an await, from a timer.
/// The flush runs on a pool thread, behind earlier work. When more messages come meanwhile, all go out together, with
/// one system call for each connection.
/// </summary>
internal sealed class FlushCoalescer : IThreadPoolWorkItem
{
    // An endless series of messages is flushed by their sender.
    private const int MaxMessages = 64;

    private readonly Lock _gate = new();
    private readonly Action<FlushCoalescer> _schedule;
    private List<Outbound> _pending = [];

    // Null while a flush is in progress.
    private List<Outbound>? _spare = [];
    private int _messages;
    private int _messagesSeen;
    private bool _isScheduled;

    public FlushCoalescer()
        : this(static coalescer => ThreadPool.UnsafeQueueUserWorkItem(coalescer, preferLocal: false))
    {
    }

    /// <summary>Creates an instance with another scheduler.</summary>
    public FlushCoalescer(Action<FlushCoalescer> schedule) => _schedule = schedule;

    /// <summary>Adds the connections to which a message was written, without those that an earlier message has added.</summary>
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

    /// <summary>Runs in the pool: it yields to other work again as long as more messages have come since the last run.</summary>
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
