using System.Diagnostics;
using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The life of a connection from its 101 on: reads its bytes until it ends, then tells the handler, exactly once (W14).</summary>
internal abstract class ConnectionSession(UpgradeConnection connection, object handler) : ClockClient
{
    private TransportAbort _abort;
    private CancellationToken _stopping;
    private Task? _background;
    private Activity? _activity;
    private long _opened;
    private bool _isCounted;
    private TransportTraits _traits;
    private WriteWatch _writes;
    private volatile bool _isStarting;
    private volatile bool _isEnding;
    private volatile bool _isHandling;
    private bool _hasBegun;
    private long _warnAt;

    public UpgradeConnection Connection { get; } = connection;

    /// <summary>The lane of the connection's messages; a pipe has none.</summary>
    public virtual MessageProcessor? Processor => null;

    protected object Handler { get; } = handler;

    private object? Counted => _traits.HasFlag(TransportTraits.Counted) ? _abort.Connection : null;

    private CloseInfo Ending => Connection.Close ?? new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport);

    /// <summary>
    /// Whether the reader's thread is a handler's: what the peer has sent meanwhile isn't read, so that its silence says nothing (W11).
    /// </summary>
    protected bool IsHandling
    {
        get => _isHandling;
        set => _isHandling = value;
    }

    /// <summary>
    /// Whether, as of this tick, nothing is read for a handler's sake: the connection's own, or one that keeps the transport's thread.
    /// </summary>
    protected bool IsUnread { get; private set; }

    /// <summary>The handler's method that hasn't ended, for people; <see langword="null"/> when none is running.</summary>
    public virtual string? Running =>
        _isStarting ? "[OnConnected]"
        : _isEnding ? "[OnDisconnected]"
        : _background is { IsCompleted: false } ? "[Background]"
        : Processor?.Running ?? (_isHandling ? "a synchronous message" : null);

    public sealed override void Tick(long now)
    {
        // Looked at here, since a registration of each connection would cost memory. Whoever stops the server tells all by the hub.
        if (_stopping.IsCancellationRequested && !Connection.IsClosing)
        {
            Connection.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
        }

        WarnOfHandler(now);
        IsUnread = IsHandling || _abort.IsHeldUp;
        if (!IsUnread)
        {
            Processor?.WatchRequests(Connection.Clock.Step);
        }

        Watch(now);
    }

    /// <summary>Runs the connection to its end, and completes the pipe's output.</summary>
    /// <param name="pipe">The transport, after the 101 was written.</param>
    /// <param name="abort">Ends the transport at once.</param>
    /// <param name="traits">What the connection's end depends on.</param>
    /// <param name="stopping">Is cancelled when the transport wants its connections to end.</param>
    public Task RunAsync(IDuplexPipe pipe, TransportAbort abort, TransportTraits traits, CancellationToken stopping)
    {
        _abort = abort;
        _traits = traits;
        _stopping = stopping;
        try
        {
            Begin(pipe);
        }
        catch (Exception e)
        {
            // Not even begun (whoever listens to activities may throw): the handler and its services are given back all the same.
            Faulted(e);
            return EndAsync();
        }

        return ConverseAsync();
    }

    private void Begin(IDuplexPipe pipe)
    {
        _activity = UpgradeActivities.StartConnection(Connection);
        Connection.ActivityLinks = _activity is null ? null : [new ActivityLink(_activity.Context)];
        _opened = Connection.Meter.Now;
        Prepare(pipe);
        _isCounted = Connection.Meter.Opened();
        Connection.Enlist();
        Connection.Clock.Add(this);
        if (Connection.Hub.IsStopping || _stopping.IsCancellationRequested)
        {
            // It came too late to be among those that were told.
            Connection.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
        }

        ConnectionLog.Opened(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(Connection.Request.Path));
        _hasBegun = true;
    }

    /// <summary>Starts the closing that the connection has decided on; called once, by any thread.</summary>
    public abstract void BeginClose(CloseInfo close, bool isFailure);

    /// <summary>Looks at the deadlines, by the ticks of the clock.</summary>
    protected abstract void Watch(long now);

    /// <summary>Ends the transport at once.</summary>
    public virtual void Abort()
    {
        Connection.GiveUp();
        _abort.Invoke();
        Delist();
    }

    /// <summary>The connection has ended: others don't find it any more, though a method of its handler may go on (W14).</summary>
    protected void Delist()
    {
        if (Connection.TryDelist())
        {
            Connection.Meter.Ended(_isCounted, _opened, Ending);
        }
    }

    /// <summary>Gives back what is held for the conversation. It may be called twice.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Whether the transport knows that the peer has ended its direction or is gone, though that wasn't read yet.</summary>
    protected bool HasPeerLeft => _abort.IsClosed;

    /// <summary>Whether the peer can be told that nothing more comes while it is read on.</summary>
    protected bool HalfCloses => _traits.HasFlag(TransportTraits.HalfCloses);

    /// <summary>Whether the connection may be read on though it is over: it isn't counted then.</summary>
    protected bool TryLinger() => Connection.Hub.Lingering.TryAdd(Counted, _traits);

    /// <summary>Ends the transport so that the peer can read what was sent last.</summary>
    protected Task LingerAsync(IDuplexPipe pipe, bool isWhole) =>
        LingeringClose.RunAsync(Connection.Hub, pipe, Counted, _traits, isWhole);

    /// <summary>Sets up what can be sent, before anybody can find the connection.</summary>
    protected abstract void Prepare(IDuplexPipe pipe);

    /// <summary>
    /// Talks with the peer until the connection has ended, then calls <see cref="EndAsync"/>. One method for all of it: an idle
    /// connection holds the state of each that waits.
    /// </summary>
    protected abstract Task ConverseAsync();

    /// <summary>A fault of ours: the handler must be told all the same, and no other connection is hurt.</summary>
    protected void Faulted(Exception exception)
    {
        ConnectionLog.SessionFailed(Connection.Logger, exception, Connection.Id, Connection.Entry.DisplayName);
        Connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        Abort();
    }

    /// <summary>The conversation is over: the handler is told, and everything is given back.</summary>
    protected async Task EndAsync()
    {
        Delist();
        Release();
        if (Processor is { } processor)
        {
            // Where the conversation has come to its end by itself, all of this has ended before.
            processor.EndConversations(Ending);
            await processor.WhenIdleAsync();
        }

        await (_background ?? Task.CompletedTask);
        Connection.Clock.Remove(this);
        await EndHandlerAsync();
        if (_activity is not null)
        {
            ProtocolMeter.Describe(_activity, Ending);
            _activity.Dispose();
        }
    }

    /// <summary>The handler's first methods: OnConnected, then Background beside what follows. Doesn't throw.</summary>
    protected async Task StartHandlerAsync()
    {
        var dispatcher = Connection.Entry.Dispatcher;
        try
        {
            _isStarting = true;
            await dispatcher.OnConnectedAsync(Handler, Connection);
            _isStarting = false;
            if (!Connection.IsClosing && !dispatcher.HasNoBackground)
            {
                _background = RunBackgroundAsync(dispatcher);
            }
        }
        catch (Exception e)
        {
            HandlerFailed(e);
        }
        finally
        {
            _isStarting = false;
        }
    }

    /// <summary>A method that runs as long as its connection is no part of the request that asked for the upgrade, but of the connection.</summary>
    protected void LeaveRequest()
    {
        if (_activity is null)
        {
            UpgradeActivities.LeaveRequest();
        }
    }

    protected void HandlerFailed(Exception exception)
    {
        if (exception is not OperationCanceledException || !Connection.IsClosing)
        {
            Connection.FailHandler(exception);
        }
    }

    /// <summary>Counts a message (T2); tells whether it may be handled.</summary>
    /// <param name="length">Its bytes.</param>
    protected bool Admits(int length)
    {
        Connection.Meter.Received(length);
        return Admits();
    }

    /// <summary>As <see cref="Admits(int)"/>, for a message that came in a batch with others.</summary>
    internal bool Admits()
    {
        if (Connection.RateLimiter is not { } limiter)
        {
            return true;
        }

        try
        {
            using var lease = limiter.AttemptAcquire();
            if (lease.IsAcquired)
            {
                return true;
            }
        }
        catch (Exception e)
        {
            HandlerFailed(e);
            return false;
        }

        ConnectionLog.TooFast(Connection.Logger, Connection.Id, Connection.Entry.DisplayName);
        Connection.Fail(WebSocketCloseCode.PolicyViolation, "The messages come faster than this server takes them.");
        return false;
    }

    /// <summary>Aborts the connection when a flush has been under way for too long (T4).</summary>
    /// <param name="flush">The number of the flush that is under way, 0 for none.</param>
    /// <param name="size">How many bytes it carries.</param>
    /// <param name="now">The clock's time.</param>
    protected bool AbortIfBlocked(int flush, long size, long now)
    {
        if (_abort.IsHeldUp)
        {
            // Nor does the transport send.
            _writes.PutOff(Connection.Clock.Step);
        }

        if (!_writes.IsOver(flush, now, WriteWatch.Limit(Connection.Options.WriteTimeout, size)))
        {
            return false;
        }

        ConnectionLog.WriteBlocked(Connection.Logger, Connection.Id);
        Connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "The peer doesn't read what it is sent.", CloseInitiator.Transport));
        Abort();
        return true;
    }

    // W14: OnDisconnected comes after the last of the handler's methods, however long that takes. Whoever waits for it should learn why.
    private void WarnOfHandler(long now)
    {
        if (_warnAt == long.MaxValue || !Connection.IsClosing)
        {
            return;
        }

        var patience = Connection.Options.HandlerEndWarning;
        if (_warnAt == 0)
        {
            _warnAt = patience == Timeout.InfiniteTimeSpan ? long.MaxValue : now + (long)patience.TotalMilliseconds;
        }
        else if (now >= _warnAt && Running is { } method)
        {
            _warnAt = long.MaxValue;
            ConnectionLog.HandlerStillRuns(
                Connection.Logger, Connection.Id, Connection.Entry.DisplayName, method, Connection.Entry.HandlerType.Name, patience.TotalSeconds);
        }
    }

    private async Task RunBackgroundAsync(HandlerDispatcher dispatcher)
    {
        // On another thread: until its first await the method would hold up the messages, and the reader with them.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        LeaveRequest();
        try
        {
            if (dispatcher.RunBackgroundAsync(Handler, Connection) is not { } background)
            {
                dispatcher.HasNoBackground = true;
                return;
            }

            await background;
            await Connection.CloseAsync();
        }
        catch (Exception e)
        {
            HandlerFailed(e);
        }
    }

    private async Task EndHandlerAsync()
    {
        var close = Ending;
        if (_activity is not null)
        {
            Activity.Current = _activity;
        }

        try
        {
            _isEnding = true;
            if (_hasBegun)
            {
                await Connection.Entry.Dispatcher.OnDisconnectedAsync(Handler, Connection, close);
            }
        }
        catch (Exception e)
        {
            ConnectionLog.EndFailed(Connection.Logger, e, Connection.Id, Connection.Entry.DisplayName);
        }

        Connection.End();
        await HandlerDisposal.DisposeAsync(Handler, Connection);
        if (Connection.RateLimiter is { } limiter)
        {
            await HandlerDisposal.DisposeAsync(limiter, Connection);
        }

        await Connection.ReleaseAsync();
        ConnectionLog.Ended(Connection.Logger, Connection.Id, close.Code, LogText.Of(close.Reason), close.Initiator);
    }
}

/// <summary>Disposes of a handler that owns something.</summary>
internal static class HandlerDisposal
{
    public static async ValueTask DisposeAsync(object handler, UpgradeConnection connection)
    {
        try
        {
            switch (handler)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
        catch (Exception e)
        {
            ConnectionLog.EndFailed(connection.Logger, e, connection.Id, connection.Entry.DisplayName);
        }
    }
}
