using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>Reads the bytes of a connection from the upgrade to the end, and watches its deadlines.</summary>
internal abstract class ConversationSession(Conversation conversation, SessionHost host) : ClockClient
{
    private WriteWatch _writes;
    private volatile bool _isHandling;

    public Conversation Conversation { get; } = conversation;

    /// <summary>The serial queue of the received messages; a pipe has none.</summary>
    public virtual MessageQueue? Queue => null;

    /// <summary>A readable name of the method in progress; <see langword="null"/> when none is running.</summary>
    public virtual string? Running => Queue?.Running ?? (_isHandling ? "a synchronous message" : null);

    protected SessionHost Host { get; } = host;

    protected ConnectionClock Clock => Conversation.Clock;

    /// <summary>
    /// Whether a handler occupies the reader's thread. Meanwhile the peer's bytes aren't read, so its silence says nothing (W11).
    /// </summary>
    protected bool IsHandling
    {
        get => _isHandling;
        set => _isHandling = value;
    }

    /// <summary>
    /// Whether, as of this tick, a handler prevents reading: the connection's own, or one that occupies the transport's thread.
    /// </summary>
    protected bool IsUnread { get; private set; }

    /// <summary>Sets up the output, before other code can find the connection.</summary>
    public abstract void Prepare(IDuplexPipe pipe);

    /// <summary>
    /// Runs the conversation with the peer until the connection has ended, then calls <see cref="EndAsync"/>. It is one method: an idle
    /// connection keeps the state of each async method that waits.
    /// </summary>
    public abstract Task ConverseAsync();

    /// <summary>Starts the closing after the connection has decided on it; called once, by any thread.</summary>
    public abstract void BeginClose(CloseInfo close, bool isFailure);

    /// <summary>Ends the transport at once.</summary>
    public virtual void Abort()
    {
        Conversation.GiveUp();
        Host.AbortTransport();
        Host.Leave();
    }

    public sealed override void Tick(long now)
    {
        Host.Tick(now);
        IsUnread = IsHandling || Host.IsHeldUp;
        if (!IsUnread)
        {
            Queue?.WatchRequests(Clock.Step);
        }

        Watch(now);
    }

    /// <summary>An internal fault: the application must still be notified, and no other connection is affected.</summary>
    public void Faulted(Exception exception)
    {
        ConversationLog.SessionFailed(Conversation.Logger, exception, Conversation.Id, Conversation.DisplayName);
        Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        Abort();
    }

    /// <summary>The conversation has ended, or didn't begin: ends what belongs to it, then the application.</summary>
    public async Task EndAsync()
    {
        Host.Leave();
        Release();
        if (Queue is { } queue)
        {
            // Where the conversation has ended normally, all of this has ended before.
            queue.EndConversations(Conversation.Close ?? new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport));
            await queue.WhenIdleAsync();
        }

        await Host.EndAsync();
    }

    /// <summary>Checks the deadlines at a tick of the clock.</summary>
    protected abstract void Watch(long now);

    /// <summary>Releases the conversation's resources. It may be called twice.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Aborts the connection when a flush has been in progress for too long (T4).</summary>
    /// <param name="flush">The number of the flush in progress; 0 for none.</param>
    /// <param name="size">The number of bytes in the flush.</param>
    /// <param name="now">The clock's time.</param>
    protected bool AbortIfBlocked(int flush, long size, long now)
    {
        if (Host.IsHeldUp)
        {
            // The transport doesn't send either.
            _writes.PutOff(Clock.Step);
        }

        if (!_writes.IsOver(flush, now, WriteWatch.Limit(Conversation.Options.WriteTimeout, size)))
        {
            return false;
        }

        ConversationLog.WriteBlocked(Conversation.Logger, Conversation.Id);
        Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "The peer doesn't read.", CloseInitiator.Transport));
        Abort();
        return true;
    }
}
