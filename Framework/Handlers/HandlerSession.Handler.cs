using System.Diagnostics;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <content>The handler's methods around the conversation: [OnConnected], [Background] and [OnDisconnected].</content>
internal sealed partial class HandlerSession
{
    private Task? _background;
    private volatile bool _isStarting;
    private volatile bool _isEnding;
    private long _warnAt;

    /// <summary>A readable name of the handler's method in progress; <see langword="null"/> when none is running.</summary>
    public string? Running =>
        _isStarting ? "[OnConnected]"
        : _isEnding ? "[OnDisconnected]"
        : _background is { IsCompleted: false } ? "[Background]"
        : _session.Running;

    /// <summary>Runs the handler's first methods: OnConnected, then Background concurrently with the messages. Doesn't throw.</summary>
    public override async Task StartAsync()
    {
        var dispatcher = Connection.Entry.Dispatcher;
        try
        {
            _isStarting = true;
            await dispatcher.OnConnectedAsync(_handler, Connection);
            _isStarting = false;
            if (!Conversation.IsClosing && !dispatcher.HasNoBackground)
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

    public override async Task EndAsync()
    {
        await (_background ?? Task.CompletedTask);
        Connection.Clock.Remove(_session);
        await EndHandlerAsync();
        if (_activity is not null)
        {
            ProtocolMeter.Describe(_activity, Ending);
            _activity.Dispose();
        }
    }

    /// <summary>
    /// Detaches a method that runs as long as its connection from the upgrade request, and attaches it to the connection.
    /// </summary>
    public void LeaveRequest()
    {
        if (_activity is null)
        {
            EnclosingActivity.Leave();
        }
    }

    public void HandlerFailed(Exception exception)
    {
        if (exception is not OperationCanceledException || !Conversation.IsClosing)
        {
            Conversation.FailHandler(exception);
        }
    }

    // W14: OnDisconnected comes after the last of the handler's methods, however long that takes. The warning gives the reason for the
    // wait.
    private void WarnOfHandler(long now)
    {
        if (_warnAt == long.MaxValue || !Conversation.IsClosing)
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
            if (dispatcher.RunBackgroundAsync(_handler, Connection) is not { } background)
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
                await Connection.Entry.Dispatcher.OnDisconnectedAsync(_handler, Connection, close);
            }
        }
        catch (Exception e)
        {
            ConnectionLog.EndFailed(Connection.Logger, e, Connection.Id, Connection.Entry.DisplayName);
        }

        Connection.End();
        await HandlerDisposal.DisposeAsync(_handler, Connection);
        if (Connection.RateLimiter is { } limiter)
        {
            await HandlerDisposal.DisposeAsync(limiter, Connection);
        }

        await Connection.ReleaseAsync();
        ConnectionLog.Ended(Connection.Logger, Connection.Id, close.Code, LogText.Of(close.Reason), close.Initiator);
    }
}
