using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// The serial queue of a connection's messages: one is handled at a time, in the order of arrival, while reading continues. Messages that
/// arrive meanwhile wait here, up to a limit in bytes at which the reader stops.
/// The object is its own lock: it isn't accessible from outside, and a separate lock for each connection would cost memory.
/// </summary>
internal abstract class MessageQueue(Conversation conversation)
{
    private const int MaxSearches = 32;

    private WaitingMessages? _waiting;
    private Signal _idle;
    private ConcurrentMessages? _concurrent;
    private volatile bool _isBusy;

    // Whether a message that waited has been taken, and its method hasn't been called yet.
    private volatile bool _isStarting;

    // The searches of the waiting messages since one was last taken.
    private int _searches;

    // The name of the current message: for the operator, in case it doesn't end.
    private MessageName? _current;

    public Conversation Conversation { get; } = conversation;

    /// <summary>Whether so many bytes wait that the reader should stop.</summary>
    public bool IsFull => _waiting is { } waiting
        && waiting.Bytes >= Conversation.Options.MaxWaitingBytes
        && (!AwaitsReply || waiting.Bytes >= Conversation.Options.MaxWaitingBytesBeforeReply);

    /// <summary>Whether messages wait for their turn.</summary>
    public bool HasWaiting => _waiting is { Bytes: > 0 };

    /// <summary>A readable description of the current work; <see langword="null"/> when there is none.</summary>
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

                return HasConcurrent ? Describe(_concurrent!.Oldest) : null;
            }
        }
    }

    /// <summary>Whether a reply of the peer is awaited: it may come behind the messages that wait.</summary>
    protected virtual bool AwaitsReply => false;

    /// <summary>Whether a message, or the handler's start, occupies the queue.</summary>
    protected bool IsBusy => _isBusy;

    private bool HasConcurrent => _concurrent is { Count: > 0 };

    /// <summary>Runs the handler's start in the queue, so that early messages wait for it.</summary>
    public void Start(Func<Task> start)
    {
        _isBusy = true;
        var started = new ValueTask(start());

        // Messages aren't part of the upgrade request: its trace would last for days.
        EnclosingActivity.Leave();
        _ = ContinueAsync(started);
    }

    /// <summary>Handles a message, or queues it. Never throws.</summary>
    /// <param name="message">The message, valid during the call.</param>
    /// <param name="kind">Text or binary.</param>
    public virtual void Receive(ReadOnlySpan<byte> message, MessageKind kind)
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

    /// <summary>Waits until the reader may continue.</summary>
    public Task WhenRoomAsync()
    {
        lock (this)
        {
            return IsFull ? _waiting!.WhenFewer : Task.CompletedTask;
        }
    }

    /// <summary>Drops the waiting messages and returns their number.</summary>
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
            return _isBusy || HasConcurrent ? _idle.Task : Task.CompletedTask;
        }
    }

    /// <summary>Lets a task run concurrently with the queue; when too many do, the queue waits.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">The message's name.</param>
    public virtual ValueTask Detach(ValueTask task, ReadOnlySpan<byte> name)
    {
        if (task.IsCompletedSuccessfully)
        {
            return default;
        }

        ConcurrentMessages concurrent;
        LinkedListNode<byte[]> entry;
        lock (this)
        {
            concurrent = _concurrent ??= new ConcurrentMessages();
            entry = concurrent.Add(name);
        }

        _ = WatchAsync(task, concurrent, entry);
        lock (this)
        {
            return concurrent.Count >= Conversation.Options.MaxConcurrentMessages ? new ValueTask(concurrent.WhenFewer) : default;
        }
    }

    /// <summary>Checks the deadlines of requests at a tick of the clock.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    public virtual void WatchRequests(long step)
    {
    }

    /// <summary>Completes or fails everything that waits for the peer's replies, at the end of the connection.</summary>
    public abstract void EndConversations(CloseInfo close);

    /// <summary>Fails the pending requests: no reply can come any more, though messages may still be sent.</summary>
    public abstract void EndRequests(CloseInfo close);

    /// <summary>Records the message that occupies the queue.</summary>
    public virtual void Remember(ReadOnlySpan<byte> name)
    {
        lock (this)
        {
            (_current ??= new MessageName()).Value = name;
        }
    }

    /// <summary>Whether a message that waited has been taken, and its method hasn't been called yet.</summary>
    protected bool IsStarting => _isStarting;

    /// <summary>Called when the method of a message that waited has been called.</summary>
    protected virtual void Started()
    {
    }

    /// <summary>Handles a message. A handler's failure closes the connection.</summary>
    protected abstract ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind);

    /// <summary>
    /// Handles a message that doesn't have to wait for its turn: a reply to a request of this side, or the end of a stream.
    /// </summary>
    protected abstract bool TryBypass(ReadOnlySpan<byte> message);

    /// <summary>
    /// Removes the first waiting message that a predicate accepts. A peer can't make searching expensive: only so many searches are made
    /// before the next message is taken.
    /// </summary>
    /// <param name="predicate">Accepts a message.</param>
    /// <param name="removed">The message, in a buffer that the caller returns to the pool.</param>
    protected WaitingSearch SearchWaiting(Predicate<WaitingMessage> predicate, out WaitingMessage removed)
    {
        lock (this)
        {
            removed = default;
            if (_waiting is not { Bytes: > 0 } waiting)
            {
                return _isStarting ? WaitingSearch.MayBeStarting : WaitingSearch.Absent;
            }

            if (++_searches > MaxSearches)
            {
                return WaitingSearch.NotSearched;
            }

            return waiting.TryRemove(predicate, out removed) ? WaitingSearch.Removed
                : _isStarting ? WaitingSearch.MayBeStarting
                : WaitingSearch.Absent;
        }
    }

    /// <summary>Lets a reader that found no room continue, if there is room now.</summary>
    public void ReadOn()
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

            // Giving up sets the flag before it drops the waiting messages: nothing is queued after that.
            if (!Conversation.IsGivenUp)
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
            if (HasWaiting && Conversation.Outbound.IsBackedUp)
            {
                // Error replies don't wait for room: a peer that sends requests without reading the replies is held up here.
                await Conversation.Outbound.WhenRoomAsync();
            }
        }
    }

    // Any exception that escapes a dispatch (from a format, an error's data, a disposal) is a failure of the handler. The queue continues,
    // so that the connection reaches its end.
    private async ValueTask Guard(ValueTask task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            Conversation.FailHandler(e);
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
            Conversation.FailHandler(e);
            return default;
        }
    }

    private ValueTask Dispatch(in WaitingMessage message)
    {
        try
        {
            using var batch = FlushBatch.Begin();
            return TryDispatch(message.Bytes, message.Kind);
        }
        finally
        {
            _isStarting = false;
            Started();
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
            _isStarting = hasNext;
            if (hasNext)
            {
                _searches = 0;
                room = IsFull ? null : _waiting!.TakeWaiter();
            }
            else
            {
                _isBusy = false;
                if (!HasConcurrent)
                {
                    idle = _idle.Take();
                }
            }
        }

        room?.TrySetResult();
        idle?.TrySetResult();
        return hasNext;
    }

    private async Task WatchAsync(ValueTask task, ConcurrentMessages concurrent, LinkedListNode<byte[]> entry)
    {
        await Guard(task);
        TaskCompletionSource? fewer;
        TaskCompletionSource? idle = null;
        lock (this)
        {
            fewer = concurrent.Remove(entry);
            if (!HasConcurrent && !_isBusy)
            {
                idle = _idle.Take();
            }
        }

        fewer?.TrySetResult();
        idle?.TrySetResult();
    }

    /// <summary>The beginning of a message's name. Created when a method first continues after its dispatch, and reused.</summary>
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

/// <summary>The result of a search among the waiting messages.</summary>
internal enum WaitingSearch
{
    /// <summary>No waiting message was accepted.</summary>
    Absent,

    /// <summary>The message was found and removed.</summary>
    Removed,

    /// <summary>No waiting message was accepted, but one has been taken whose method hasn't been called yet.</summary>
    MayBeStarting,

    /// <summary>There were too many searches since a message was last taken.</summary>
    NotSearched,
}
