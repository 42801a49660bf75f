using System.Diagnostics;
using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// The life of a connection from its 101 on: reads its bytes until the end, then notifies the handler exactly once (W14).
/// </summary>
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

    /// <summary>The serial queue of the connection's messages; a pipe has none.</summary>
    public virtual MessageProcessor? Processor => null;

    protected object Handler { get; } = handler;

    private object? Counted => _traits.HasFlag(TransportTraits.Counted) ? _abort.Connection : null;

    private CloseInfo Ending => Connection.Close ?? new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport);

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

    /// <summary>A readable name of the handler's method in progress; <see langword="null"/> when none is running.</summary>
    public virtual string? Running =>
        _isStarting ? "[OnConnected]"
        : _isEnding ? "[OnDisconnected]"
        : _background is { IsCompleted: false } ? "[Background]"
        : Processor?.Running ?? (_isHandling ? "a synchronous message" : null);

    public sealed override void Tick(long now)
    {
        // Checked here, since a registration for each connection would cost memory. A server that stops closes all connections by the hub.
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
    /// <param name="traits">The properties of the transport that affect the connection's end.</param>
    /// <param name="stopping">A token that is cancelled when the transport wants its connections to end.</param>
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
            // The start failed (a listener of activities may throw): the handler and its services are still released.
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
            // The connection came too late for the hub's closing of all connections.
            Connection.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
        }

        ConnectionLog.Opened(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(Connection.Request.Path));
        _hasBegun = true;
    }

    /// <summary>Starts the closing after the connection has decided on it; called once, by any thread.</summary>
    public abstract void BeginClose(CloseInfo close, bool isFailure);

    /// <summary>Checks the deadlines at a tick of the clock.</summary>
    protected abstract void Watch(long now);

    /// <summary>Ends the transport at once.</summary>
    public virtual void Abort()
    {
        Connection.GiveUp();
        _abort.Invoke();
        Delist();
    }

    /// <summary>The connection has ended: it can't be found any more, though a method of its handler may still run (W14).</summary>
    protected void Delist()
    {
        if (Connection.TryDelist())
        {
            Connection.Meter.Ended(_isCounted, _opened, Ending);
        }
    }

    /// <summary>Releases the conversation's resources. It may be called twice.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>
    /// Whether the transport knows that the peer has ended its direction or has disconnected, though that wasn't read yet.
    /// </summary>
    protected bool HasPeerLeft => _abort.IsClosed;

    /// <summary>Whether the output can end while the input is still read.</summary>
    protected bool HalfCloses => _traits.HasFlag(TransportTraits.HalfCloses);

    /// <summary>Whether the connection may still be read after its end: then it isn't counted any more.</summary>
    protected bool TryLinger() => Connection.Hub.Lingering.TryAdd(Counted, _traits);

    /// <summary>Ends the transport so that the peer can read the last bytes sent.</summary>
    protected Task LingerAsync(IDuplexPipe pipe, bool isWhole) =>
        LingeringClose.RunAsync(Connection.Hub, pipe, Counted, _traits, isWhole);

    /// <summary>Sets up the output, before other code can find the connection.</summary>
    protected abstract void Prepare(IDuplexPipe pipe);

    /// <summary>
    /// Runs the conversation with the peer until the connection has ended, then calls <see cref="EndAsync"/>. It is one method: an idle
    /// connection keeps the state of each async method that waits.
    /// </summary>
    protected abstract Task ConverseAsync();

    /// <summary>An internal fault: the handler must still be notified, and no other connection is affected.</summary>
    protected void Faulted(Exception exception)
    {
        ConnectionLog.SessionFailed(Connection.Logger, exception, Connection.Id, Connection.Entry.DisplayName);
        Connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        Abort();
    }

    /// <summary>The conversation has ended: notifies the handler, and releases everything.</summary>
    protected async Task EndAsync()
    {
        Delist();
        Release();
        if (Processor is { } processor)
        {
            // Where the conversation has ended normally, all of this has ended before.
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

    /// <summary>Runs the handler's first methods: OnConnected, then Background concurrently with the messages. Doesn't throw.</summary>
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

    /// <summary>
    /// Detaches a method that runs as long as its connection from the upgrade request, and attaches it to the connection.
    /// </summary>
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

    /// <summary>Counts a message (T2); returns whether it may be handled.</summary>
    /// <param name="length">Its bytes.</param>
    protected bool Admits(int length)
    {
        Connection.Meter.Received(length);
        return Admits();
    }

    /// <summary>Like <see cref="Admits(int)"/>, for a message that came in a batch with others.</summary>
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
        Connection.Fail(WebSocketCloseCode.PolicyViolation, "The peer sends messages faster than the rate limiter allows.");
        return false;
    }

    /// <summary>Aborts the connection when a flush has been in progress for too long (T4).</summary>
    /// <param name="flush">The number of the flush in progress; 0 for none.</param>
    /// <param name="size">The number of bytes in the flush.</param>
    /// <param name="now">The clock's time.</param>
    protected bool AbortIfBlocked(int flush, long size, long now)
    {
        if (_abort.IsHeldUp)
        {
            // The transport doesn't send either.
            _writes.PutOff(Connection.Clock.Step);
        }

        if (!_writes.IsOver(flush, now, WriteWatch.Limit(Connection.Options.WriteTimeout, size)))
        {
            return false;
        }

        ConnectionLog.WriteBlocked(Connection.Logger, Connection.Id);
        Connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "The peer doesn't read.", CloseInitiator.Transport));
        Abort();
        return true;
    }

    // W14: OnDisconnected comes after the last of the handler's methods, however long that takes. The warning gives the reason for the
    // wait.
    private void WarnOfHandler(long now)
    {
        if (_warnAt == long.MaxValue || !Connection.IsClosing)
        {
            return;
        }

        var patience = Connection.Options.SlowHandlerWarning;
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

/// <summary>Disposes of a handler that is disposable.</summary>
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
