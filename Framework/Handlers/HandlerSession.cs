using System.Diagnostics;
using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// A handler and its connection, from the 101 on: runs the conversation to its end, then notifies the handler exactly once (W14).
/// </summary>
internal sealed partial class HandlerSession : SessionHost, IDispatcherVisitor<ConversationSession>
{
    private readonly object _handler;
    private readonly ConversationSession _session;
    private TransportAbort _abort;
    private CancellationToken _stopping;
    private Activity? _activity;
    private long _opened;
    private bool _isCounted;
    private bool _hasBegun;
    private TransportTraits _traits;

    public HandlerSession(UpgradeConnection connection, object handler)
    {
        Connection = connection;
        _handler = handler;
        _session = connection.Entry.Dispatcher.Accept(this, connection, handler);
    }

    public UpgradeConnection Connection { get; }

    /// <summary>Reads the connection's bytes.</summary>
    public ConversationSession Conversing => _session;

    /// <summary>The serial queue of the connection's messages; a pipe has none.</summary>
    public MessageProcessor? Processor { get; private set; }

    public override bool IsHeldUp => _abort.IsHeldUp;

    public override bool HasPeerLeft => _abort.IsClosed;

    public override bool HalfCloses => _traits.HasFlag(TransportTraits.HalfCloses);

    private Conversation Conversation => Connection.Conversation;

    private object? Counted => _traits.HasFlag(TransportTraits.Counted) ? _abort.Connection : null;

    private CloseInfo Ending => Conversation.Close ?? new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport);

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
            _session.Faulted(e);
            return _session.EndAsync();
        }

        return _session.ConverseAsync();
    }

    public override void AbortTransport() => _abort.Invoke();

    public override bool TryLinger() => Connection.Hub.Lingering.TryAdd(Counted, _traits);

    public override Task LingerAsync(IDuplexPipe pipe, bool isWhole) => LingeringClose.RunAsync(Connection.Hub, pipe, Counted, _traits, isWhole);

    public override void Tick(long now)
    {
        // Checked here, since a registration for each connection would cost memory. A server that stops closes all connections by the hub.
        if (_stopping.IsCancellationRequested && !Conversation.IsClosing)
        {
            Conversation.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
        }

        WarnOfHandler(now);
    }

    public override bool Admits(int length)
    {
        Connection.Meter.Received(length);
        return Admits();
    }

    /// <summary>Counts a message (T2), also one that came in a batch with others; returns whether it may be handled.</summary>
    public bool Admits()
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
        Conversation.Fail(WebSocketCloseCode.PolicyViolation, "The peer sends messages faster than the rate limiter allows.");
        return false;
    }

    public override void Leave()
    {
        if (Connection.TryDelist())
        {
            Connection.Meter.Ended(_isCounted, _opened, Ending);
        }
    }

    ConversationSession IDispatcherVisitor<ConversationSession>.VisitWebSocket(MessageProcessor messages)
    {
        Processor = messages;
        return new WebSocketSession(Conversation, messages, this);
    }

    ConversationSession IDispatcherVisitor<ConversationSession>.VisitFramed<TFraming>(MessageProcessor messages, TFraming framing)
    {
        Processor = messages;
        return new FramedSession<TFraming>(Conversation, messages, this, framing);
    }

    ConversationSession IDispatcherVisitor<ConversationSession>.VisitPipe(PipeDispatcher dispatcher) =>
        new PipeSession(this, dispatcher, _handler);

    private void Begin(IDuplexPipe pipe)
    {
        _activity = UpgradeActivities.StartConnection(Connection);
        Connection.ActivityLinks = _activity is null ? null : [new ActivityLink(_activity.Context)];
        _opened = Connection.Meter.Now;
        Connection.Session = this;
        _session.Prepare(pipe);
        _isCounted = Connection.Meter.Opened();
        Connection.Enlist();
        Connection.Clock.Add(_session);
        if (Connection.Hub.IsStopping || _stopping.IsCancellationRequested)
        {
            // The connection came too late for the hub's closing of all connections.
            Conversation.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
        }

        ConnectionLog.Opened(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(Connection.Request.Path));
        _hasBegun = true;
    }
}
