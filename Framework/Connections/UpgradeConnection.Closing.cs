using System.Runtime.CompilerServices;

namespace UpgradeProtocols;

/// <content>The end of the connection: its initiator, its reason, and its single notification.</content>
public sealed partial class UpgradeConnection
{
    private CancellationTokenSource? _closed;
    private volatile StrongBox<CloseInfo>? _close;
    private volatile bool _isGivenUp;

    /// <summary>A token that is cancelled when the connection begins to close, or is lost.</summary>
    public CancellationToken Closed
    {
        get
        {
            lock (Gate)
            {
                // Created on first use: many handlers don't need it.
                return _close is not null && _closed is null ? new CancellationToken(canceled: true) : (_closed ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>The reason and initiator of the close, once the connection has begun to close.</summary>
    internal CloseInfo? Close => _close?.Value;

    /// <summary>Whether the connection has begun to close.</summary>
    internal bool IsClosing => _close is not null;

    /// <summary>Whether the peer has ended its direction, though messages may still be sent to it.</summary>
    internal bool PeerHasEnded { get; set; }

    /// <summary>
    /// Whether messages aren't handled any more, including those that wait: this side has ended the conversation, or the peer is lost.
    /// A client that reconnects and repeats its messages must not have them handled twice. Messages that a peer sent before its own
    /// orderly end are handled.
    /// </summary>
    internal bool IsGivenUp => _isGivenUp;

    /// <summary>
    /// Begins to close the connection: the messages sent before go out, then the Close (RFC 6455 §7.1.2). The peer has
    /// <see cref="UpgradeOptions.CloseTimeout"/> to answer it. Closing twice does nothing.
    /// </summary>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999; ignored by raw protocols.</param>
    /// <param name="reason">A short reason for the peer, 123 bytes of UTF-8 at most.</param>
    /// <returns>A task that ends when the Close is on its way.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code can't be sent.</exception>
    public ValueTask CloseAsync(int code = WebSocketCloseCode.NormalClosure, string reason = "")
    {
        CheckClose(code, reason);
        BeginClose((ushort)code, reason);
        return default;
    }

    /// <summary>Ends the connection at once, without a Close. The peer sees it as lost.</summary>
    public void Abort()
    {
        TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        _session?.Abort();
    }

    internal static void CheckClose(int code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "The code of a Close must be 1000 to 1003, 1007 to 1014, or 3000 to 4999.");
        }
    }

    /// <summary>
    /// Begins to close by explicit order; returns whether the connection wasn't closing yet. The order also applies to messages that wait
    /// behind the peer's own Close.
    /// </summary>
    internal bool TryBeginClose(int code, string reason)
    {
        var isFirst = BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);
        GiveUp();
        return isFirst;
    }

    /// <summary>Starts the closing handshake; the messages sent before go out first. After the peer's Close it does nothing.</summary>
    internal void BeginClose(ushort code, string reason) => BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);

    /// <summary>The peer broke the protocol, or the handler can't continue: sends the Close and handles nothing more.</summary>
    internal void Fail(ushort code, string reason)
    {
        GiveUp();
        BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: true);
    }

    /// <summary>The handler threw (W9).</summary>
    internal void FailHandler(Exception exception)
    {
        if (IsOwnEnd(exception))
        {
            return;
        }

        if (exception is PeerErrorException or PayloadException)
        {
            // The peer refused a request, or its reply can't be read, and the handler doesn't catch the exception: not a failure of this
            // side.
            ConnectionLog.PeerRefused(Logger, exception, Id, Entry.DisplayName, LogText.Of(exception.Message));
        }
        else
        {
            ConnectionLog.HandlerFailed(Logger, exception, Id, Entry.DisplayName);
        }

        GiveUp();
        var reason = Options.IncludeErrorDetail ? exception.Message : "The server failed to handle a message.";
        BeginClose(new CloseInfo(WebSocketCloseCode.InternalError, reason, CloseInitiator.Local), isFailure: false);
    }

    /// <summary>Whether a handler's exception only says that a disconnected peer can't reply: an ordinary loss.</summary>
    internal bool IsOwnEnd(Exception exception) => exception is ConnectionClosedException && (PeerHasEnded || Close is not null);

    /// <summary>Records how the connection ends. The first call wins.</summary>
    internal bool TryClose(CloseInfo close) => TryClose(close, out _);

    /// <summary>Handles no more messages; those that wait are dropped.</summary>
    internal void GiveUp()
    {
        _isGivenUp = true;
        if (_session?.Processor?.DropWaiting() is { } count and > 0)
        {
            ConnectionLog.Dropped(Logger, Id, Entry.DisplayName, count);
        }
    }

    private bool TryClose(CloseInfo close, out ConnectionSession? session)
    {
        CancellationTokenSource? closed;
        lock (Gate)
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

    /// <summary>Logs the exceptions of a token's callbacks when the connection cancels the token.</summary>
    internal void WatchCallbacks(Task cancellation)
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
                ConnectionLog.CallbackFailed(Logger, e, Id, Entry.DisplayName);
            }
        }
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

    private static void BeginClose(ConnectionSession session, CloseInfo close, bool isFailure)
    {
        if (isFailure)
        {
            session.Connection.Meter.ProtocolError(close.Code);
            ConnectionLog.ProtocolFailure(session.Connection.Logger, session.Connection.Id, close.Code, LogText.Of(close.Reason));
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
