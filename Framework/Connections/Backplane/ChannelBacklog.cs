namespace UpgradeProtocols;

/// <summary>Delivers a push of another node to the members here.</summary>
internal delegate void DeliverPush(string channel, ReadOnlySpan<byte> message);

/// <summary>
/// Pushes of one channel on their way from the engine to the members here: the engine's thread adds them, and a thread of the pool
/// delivers them one after the other. Where too much waits, a push does what its policy says: the latest of a key takes the place of the
/// older one, <see cref="SlowConsumerPolicy.DropOldest"/> drops older ones, and any other is dropped itself, since nobody is there who
/// could wait. A channel where nothing waits always takes one: a flood on another doesn't silence it.
/// </summary>
/// <param name="channel">The channel's name on the server.</param>
/// <param name="all">What waits in all channels.</param>
/// <param name="deliver">Delivers a push.</param>
/// <param name="schedule">Has a piece of work done later, on another thread.</param>
internal sealed class ChannelBacklog(string channel, ReceiveBacklog all, DeliverPush deliver, Action<IThreadPoolWorkItem> schedule)
    : IThreadPoolWorkItem
{
    // After so many, other channels and what else the pool has to do get their turn.
    private const int SliceSize = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = new();
    private Dictionary<WaitingKey, LinkedListNode<Waiting>>? _latest;
    private bool _isWorking;

    /// <summary>Has it done on the thread pool.</summary>
    public static void Schedule(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    /// <summary>Adds a copy of a push, unless it is dropped.</summary>
    public void Add(ReadOnlySpan<byte> message, in PushHead head)
    {
        lock (_gate)
        {
            var isFull = _waiting.Count > 0 && all.IsFull(message.Length);
            if (isFull && head.Key is { } key && _latest is not null && _latest.TryGetValue(key, out var older))
            {
                Release(older.Value);
                older.Value = Keep(message, head.Key);
                return;
            }

            if (isFull && !(head.Policy == SlowConsumerPolicy.DropOldest && TryMakeRoom(message.Length)))
            {
                all.Drop();
                return;
            }

            var place = _waiting.AddLast(Keep(message, head.Key));
            if (head.Key is { } latest)
            {
                (_latest ??= [])[latest] = place;
            }

            if (!_isWorking)
            {
                _isWorking = true;
                schedule(this);
            }
        }
    }

    /// <summary>Lets go of all: nobody is here any more whom they were for.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            while (TryTakeOldest(out var push))
            {
                Release(push);
            }
        }
    }

    public void Execute()
    {
        for (var i = 0; i < SliceSize; i++)
        {
            if (!TryTake(out var push))
            {
                return;
            }

            try
            {
                deliver(channel, push.Buffer.AsSpan(0, push.Length));
            }
            finally
            {
                Release(push);
            }
        }

        schedule(this);
    }

    private bool TryTake(out Waiting push)
    {
        lock (_gate)
        {
            return _isWorking = TryTakeOldest(out push);
        }
    }

    // Under the gate. As many bytes as are to come: what waits in other channels isn't this one's to make good.
    private bool TryMakeRoom(int length)
    {
        for (var freed = 0; freed < length && TryTakeOldest(out var push); freed += push.Length)
        {
            Release(push);
            all.Drop();
        }

        return true;
    }

    // Under the gate.
    private bool TryTakeOldest(out Waiting push)
    {
        if (_waiting.First is not { } first)
        {
            push = default;
            return false;
        }

        push = first.Value;
        _waiting.RemoveFirst();
        if (push.Key is { } key && _latest!.TryGetValue(key, out var latest) && latest == first)
        {
            _latest.Remove(key);
        }

        return true;
    }

    private Waiting Keep(ReadOnlySpan<byte> message, WaitingKey? key)
    {
        var buffer = BufferPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        all.Add(message.Length);
        return new Waiting(buffer, message.Length, key);
    }

    private void Release(in Waiting push)
    {
        BufferPool<byte>.Shared.Return(push.Buffer);
        all.Add(-push.Length);
    }

    private readonly record struct Waiting(byte[] Buffer, int Length, WaitingKey? Key);
}
