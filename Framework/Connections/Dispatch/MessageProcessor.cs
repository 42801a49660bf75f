using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// The lane of a connection's messages: one is handled at a time, in the order they came, while reading goes on. What
/// arrives meanwhile waits here, up to a limit in bytes at which the reader stops.
/// It is its own lock: nobody outside has it, and a lock of each would cost memory.
/// </summary>
internal abstract class MessageProcessor(UpgradeConnection connection, object handler)
{
    private WaitingMessages? _waiting;
    private Signal _idle;
    private MessagesBeside? _beside;
    private volatile bool _isBusy;

    // The name of what is handled: for the operator, should it not end.
    private MessageName? _current;

    public UpgradeConnection Connection { get; } = connection;

    public abstract MessageDispatcher Dispatcher { get; }

    /// <summary>Whether so much waits that the reader should stop.</summary>
    public bool IsFull => _waiting is { } waiting
        && waiting.Bytes >= Connection.Options.MaxWaitingBytes
        && (!AwaitsReply || waiting.Bytes >= Connection.Options.MaxWaitingBytesBeforeReply);

    /// <summary>Whether messages wait for their turn.</summary>
    public bool HasWaiting => _waiting is { Bytes: > 0 };

    /// <summary>The connection's filters, or null where there are none.</summary>
    public IMessageFilter[]? Filters { get; protected set; }

    /// <summary>What is being handled, for people; <see langword="null"/> when nothing is.</summary>
    public string? Running
    {
        get
        {
            lock (this)
            {
                if (_isBusy)
                {
                    return Describe(_current is null ? [] : _current.Value);
                }

                return HasBeside ? Describe(_beside!.Oldest) : null;
            }
        }
    }

    protected object Handler { get; } = handler;

    /// <summary>Whether a reply of the peer is awaited: it may stand behind the messages that wait.</summary>
    protected virtual bool AwaitsReply => false;

    /// <summary>Whether a message, or the start of the connection's life, has the lane.</summary>
    protected bool IsBusy => _isBusy;

    private bool HasBeside => _beside is { Count: > 0 };

    /// <summary>Runs the start of the connection's life in the lane, so that messages that come early wait for it.</summary>
    public void Start(Func<Task> start)
    {
        _isBusy = true;
        var started = new ValueTask(start());

        // Messages are no part of the request that asked for the upgrade: its trace would last for days.
        UpgradeActivities.LeaveRequest();
        _ = ContinueAsync(started);
    }

    /// <summary>Handles a message, or lets it wait for its turn. Never throws.</summary>
    /// <param name="message">The message, valid during the call.</param>
    /// <param name="kind">Text or binary.</param>
    public void Receive(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (_isBusy && (TryBypass(message) || TryEnqueue(message, kind)))
        {
            return;
        }

        var task = TryDispatch(message, kind);
        if (!task.IsCompletedSuccessfully)
        {
            _isBusy = true;
            _ = ContinueAsync(task);
        }
    }

    /// <summary>Waits until the reader may go on.</summary>
    public Task WhenRoomAsync()
    {
        lock (this)
        {
            return IsFull ? _waiting!.WhenFewer : Task.CompletedTask;
        }
    }

    /// <summary>Drops what waits for its turn; tells how many messages that were.</summary>
    public int DropWaiting()
    {
        var count = 0;
        TaskCompletionSource? room;
        lock (this)
        {
            while (_waiting is { } waiting && waiting.TryTake(out var message))
            {
                BufferPool<byte>.Shared.Return(message.Buffer);
                count++;
            }

            room = _waiting?.TakeWaiter();
        }

        room?.TrySetResult();
        return count;
    }

    /// <summary>Waits until everything received has been handled.</summary>
    public Task WhenIdleAsync()
    {
        lock (this)
        {
            return _isBusy || HasBeside ? _idle.Task : Task.CompletedTask;
        }
    }

    /// <summary>Lets a task go on beside the lane; when too many do, the lane waits.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">The message's name.</param>
    public virtual ValueTask Detach(ValueTask task, ReadOnlySpan<byte> name)
    {
        if (task.IsCompletedSuccessfully)
        {
            return default;
        }

        MessagesBeside beside;
        LinkedListNode<byte[]> entry;
        lock (this)
        {
            beside = _beside ??= new MessagesBeside();
            entry = beside.Add(name);
        }

        _ = WatchAsync(task, beside, entry);
        lock (this)
        {
            return beside.Count >= Connection.Options.MaxConcurrentMessages ? new ValueTask(beside.WhenFewer) : default;
        }
    }

    /// <summary>Looks at the deadlines of requests, by the ticks of the clock.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    public virtual void WatchRequests(long step)
    {
    }

    /// <summary>Completes or refuses what waits for the peer's answers, at the end of the connection.</summary>
    public abstract void EndConversations(CloseInfo close);

    /// <summary>No reply can come any more, though messages may still be sent: who awaits one learns it.</summary>
    public abstract void EndRequests(CloseInfo close);

    /// <summary>Sends a request and awaits the reply.</summary>
    public abstract ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, T payload, CancellationToken cancellationToken);

    /// <summary>Sends a reply in the handler's place, where the peer waits for one and has none yet.</summary>
    public abstract ValueTask ReplyAsync<T>(MessageContext context, T value, PayloadSerializer<T> serializer);

    /// <summary>Notes the message that has the lane.</summary>
    public virtual void Remember(ReadOnlySpan<byte> name)
    {
        lock (this)
        {
            (_current ??= new MessageName()).Value = name;
        }
    }

    /// <summary>Handles a message. A handler's failure closes the connection.</summary>
    protected abstract ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind);

    /// <summary>Handles what needn't wait for its turn: replies to our requests, and the end of a stream.</summary>
    protected abstract bool TryBypass(ReadOnlySpan<byte> message);

    /// <summary>Lets a reader go on that found no room, where there is some now.</summary>
    protected void ReadOn()
    {
        TaskCompletionSource? room;
        lock (this)
        {
            room = IsFull ? null : _waiting?.TakeWaiter();
        }

        room?.TrySetResult();
    }

    private static string Describe(ReadOnlySpan<byte> name) => name.IsEmpty ? "a message" : $"the message '{LogText.Of(Encoding.UTF8.GetString(name))}'";

    private bool TryEnqueue(ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (this)
        {
            if (!_isBusy)
            {
                return false;
            }

            // Who gives up says so before it drops what waits: nothing comes to wait after that.
            if (!Connection.IsGivenUp)
            {
                (_waiting ??= new WaitingMessages()).Add(message, kind);
            }

            return true;
        }
    }

    private async Task ContinueAsync(ValueTask task)
    {
        await Guard(task);
        while (TryTakeWaiting(out var next))
        {
            await Guard(Dispatch(next));
            if (HasWaiting && Connection.Outbound.IsBackedUp)
            {
                // Error replies don't wait for room: who asks without reading the answers is held up here.
                await Connection.Outbound.WhenRoomAsync();
            }
        }
    }

    // Whatever escapes a dispatch (a format, an error's data, a disposal) is a failure of the handler: the lane goes on, so
    // that the connection comes to its end.
    private async ValueTask Guard(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            Connection.FailHandler(e);
        }
    }

    private ValueTask TryDispatch(ReadOnlySpan<byte> message, MessageKind kind)
    {
        try
        {
            return DispatchAsync(message, kind);
        }
        catch (Exception e)
        {
            Connection.FailHandler(e);
            return default;
        }
    }

    private ValueTask Dispatch(in WaitingMessage message)
    {
        FlushBatch.Begin();
        try
        {
            return TryDispatch(message.Buffer.AsSpan(0, message.Length), message.Kind);
        }
        finally
        {
            FlushBatch.End();
            BufferPool<byte>.Shared.Return(message.Buffer);
        }
    }

    private bool TryTakeWaiting(out WaitingMessage next)
    {
        TaskCompletionSource? room = null;
        TaskCompletionSource? idle = null;
        bool hasNext;
        lock (this)
        {
            next = default;
            hasNext = _waiting is not null && _waiting.TryTake(out next);
            if (hasNext)
            {
                room = IsFull ? null : _waiting!.TakeWaiter();
            }
            else
            {
                _isBusy = false;
                if (!HasBeside)
                {
                    idle = _idle.Take();
                }
            }
        }

        room?.TrySetResult();
        idle?.TrySetResult();
        return hasNext;
    }

    private async Task WatchAsync(ValueTask task, MessagesBeside beside, LinkedListNode<byte[]> entry)
    {
        await Guard(task);
        TaskCompletionSource? fewer;
        TaskCompletionSource? idle = null;
        lock (this)
        {
            fewer = beside.Remove(entry);
            if (!HasBeside && !_isBusy)
            {
                idle = _idle.Take();
            }
        }

        fewer?.TrySetResult();
        idle?.TrySetResult();
    }

    /// <summary>The beginning of a message's name. Made when a method first goes on after its dispatch, and used again.</summary>
    private sealed class MessageName
    {
        private Bytes _bytes;
        private byte _length;

        public ReadOnlySpan<byte> Value
        {
            get => ((ReadOnlySpan<byte>)_bytes)[.._length];
            set
            {
                _length = (byte)Math.Min(value.Length, Bytes.Length);
                value[.._length].CopyTo(_bytes);
            }
        }

        [InlineArray(Length)]
        private struct Bytes
        {
            public const int Length = 40;
            private byte _first;
        }
    }
}
