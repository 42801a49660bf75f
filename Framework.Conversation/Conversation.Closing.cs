using System.Runtime.CompilerServices;

namespace UpgradeProtocols;

/// <content>
/// The end: its initiator, its reason, and its single notification. The object is its own lock, which guards the close, its token and the
/// session: other code can't access it, and a separate lock for each connection would cost memory.
/// </content>
internal sealed partial class Conversation
{
    private CancellationTokenSource? _closed;
    private volatile StrongBox<CloseInfo>? _close;
    private volatile StrongBox<CloseInfo>? _peerEnd;
    private volatile bool _isGivenUp;

    /// <summary>A token that is cancelled when the connection begins to close, or is lost.</summary>
    public CancellationToken Closed
    {
        get
        {
            lock (this)
            {
                // Created on first use: many handlers don't need it.
                return _close is not null && _closed is null ? new CancellationToken(canceled: true) : (_closed ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>The reason and initiator of the close, once the connection has begun to close.</summary>
    public CloseInfo? Close => _close?.Value;

    /// <summary>Whether the connection has begun to close.</summary>
    public bool IsClosing => _close is not null;

    /// <summary>
    /// How the peer has ended its direction, though messages may still be sent to it; null as long as it hasn't. No reply comes after it.
    /// </summary>
    public CloseInfo? PeerEnd
    {
        get => _peerEnd?.Value;
        set => _peerEnd = value is { } end ? new StrongBox<CloseInfo>(end) : null;
    }

    /// <summary>Whether the peer has ended its direction.</summary>
    public bool PeerHasEnded => _peerEnd is not null;

    /// <summary>
    /// Whether messages aren't handled any more, including those that wait: this side has ended the conversation, or the peer is lost.
    /// A client that reconnects and repeats its messages must not have them handled twice. Messages that a peer sent before its own
    /// orderly end are handled.
    /// </summary>
    public bool IsGivenUp => _isGivenUp;

    /// <summary>Ends the connection at once, without a Close. The peer sees it as lost.</summary>
    public void Abort()
    {
        TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        _session?.Abort();
    }

    /// <summary>
    /// Begins to close by explicit order; returns whether the connection wasn't closing yet. The order also applies to messages that wait
    /// behind the peer's own Close.
    /// </summary>
    public bool TryBeginClose(int code, string reason)
    {
        var isFirst = BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);
        GiveUp();
        return isFirst;
    }

    /// <summary>Starts the closing handshake; the messages sent before go out first. After the peer's Close it does nothing.</summary>
    public void BeginClose(ushort code, string reason) => BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);

    /// <summary>The peer broke the protocol, or the handler can't continue: sends the Close and handles nothing more.</summary>
    public void Fail(ushort code, string reason)
    {
        GiveUp();
        BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: true);
    }

    /// <summary>The handler threw (W9).</summary>
    public void FailHandler(Exception exception)
    {
        if (IsOwnEnd(exception))
        {
            return;
        }

        if (exception is PeerErrorException or PayloadException)
        {
            // The peer refused a request, or its reply can't be read, and the handler doesn't catch the exception: not a failure of this
            // side.
            ConversationLog.PeerRefused(Logger, exception, Id, DisplayName, LogText.Of(exception.Message));
        }
        else
        {
            ConversationLog.HandlerFailed(Logger, exception, Id, DisplayName);
        }

        GiveUp();
        var side = owner.Role == WebSocketRole.Server ? "server" : "client";
        var reason = Options.IncludeErrorDetail ? exception.Message : $"The {side} failed to handle a message.";
        BeginClose(new CloseInfo(WebSocketCloseCode.InternalError, reason, CloseInitiator.Local), isFailure: false);
    }

    /// <summary>Whether a handler's exception only says that a disconnected peer can't reply: an ordinary loss.</summary>
    public bool IsOwnEnd(Exception exception) => exception is ConnectionClosedException && (PeerHasEnded || Close is not null);

    /// <summary>Records how the connection ends. The first call wins.</summary>
    public bool TryClose(CloseInfo close) => TryClose(close, out _);

    /// <summary>Handles no more messages; those that wait are dropped.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        if (_session?.Queue?.DropWaiting() is { } count and > 0)
        {
            ConversationLog.Dropped(Logger, Id, DisplayName, count);
        }
    }

    /// <summary>Logs the exceptions of a token's callbacks when the connection cancels the token.</summary>
    public void WatchCallbacks(Task cancellation)
    {
        if (!cancellation.IsCompletedSuccessfully)
        {
            _ = WatchAsync(cancellation);
        }

        async Task WatchAsync(Task cancellation)
        {
            try
            {
                await cancellation.ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The token's source was disposed before its callbacks began: a stream that has ended. A callback's own exception is
                // wrapped in an AggregateException.
            }
            catch (Exception e)
            {
                ConversationLog.CallbackFailed(Logger, e, Id, DisplayName);
            }
        }
    }

    private bool TryClose(CloseInfo close, out ConversationSession? session)
    {
        CancellationTokenSource? closed;
        lock (this)
        {
            session = _session;
            if (_close is not null)
            {
                return false;
            }

            _close = new StrongBox<CloseInfo>(close);
            closed = _closed;
        }

        // A server that stops still handles the messages that a framed peer had sent before it ended its direction.
        if (close.Initiator != CloseInitiator.Peer && !(PeerHasEnded && close.Code == WebSocketCloseCode.GoingAway))
        {
            GiveUp();
        }

        // The token's callbacks are user code: they don't run on the reader.
        if (closed is not null)
        {
            WatchCallbacks(closed.CancelAsync());
        }

        return true;
    }

    private bool BeginClose(CloseInfo close, bool isFailure)
    {
        var isFirst = TryClose(close, out var session);
        if (isFirst && session is not null)
        {
            BeginClose(session, close, isFailure);
        }

        return isFirst;
    }

    private void BeginClose(ConversationSession session, CloseInfo close, bool isFailure)
    {
        if (isFailure)
        {
            Meter.ProtocolError(close.Code);
            ConversationLog.ProtocolFailure(Logger, Id, close.Code, LogText.Of(close.Reason));
        }

        if (close.IsAbnormal)
        {
            session.Abort();
        }
        else
        {
            session.BeginClose(close, isFailure);
        }
    }
}
