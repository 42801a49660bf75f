namespace UpgradeProtocols;

/// <summary>Delivers a push of another node to the members here.</summary>
internal delegate void DeliverPush(string channel, ReadOnlySpan<byte> message);

/// <summary>
/// The pushes of one channel on their way from the engine to the local members: the engine's thread adds them, and a pool thread
/// delivers them one after the other. When too many bytes wait, a push's policy applies: the latest push of a key replaces the
/// older one, <see cref="SlowConsumerPolicy.DropOldest"/> drops older pushes, and any other push is dropped itself, since no sender is here
/// that could wait. A channel without waiting pushes always accepts one: a flood on another channel doesn't silence it.
/// </summary>
/// <param name="channel">The channel's name on the server.</param>
/// <param name="all">The backlog of all channels.</param>
/// <param name="deliver">Delivers a push.</param>
/// <param name="schedule">Schedules work on another thread.</param>
internal sealed class ChannelBacklog(string channel, ReceiveBacklog all, DeliverPush deliver, Action<IThreadPoolWorkItem> schedule)
    : IThreadPoolWorkItem
{
    // After this many pushes, other channels and other pool work get their turn.
    private const int SliceSize = 16;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = new();
    private Dictionary<WaitingKey, LinkedListNode<Waiting>>? _latest;
    private bool _isWorking;

    /// <summary>Schedules work on the thread pool.</summary>
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

    /// <summary>Drops all pushes: their receivers are no longer here.</summary>
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

    // Under the gate. Drops as many bytes as the new push needs: this channel doesn't compensate for pushes that wait in other channels.
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
