using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about upgraded connections. The event ids are stable.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(100, LogLevel.Debug, "Connection {ConnectionId} opened: {Protocol} on {Path}.")]
    public static partial void Opened(ILogger logger, string connectionId, string protocol, string path);

    [LoggerMessage(101, LogLevel.Debug, "Connection {ConnectionId} ended: {Code} {Reason} (by {Initiator}).")]
    public static partial void Ended(ILogger logger, string connectionId, int code, string reason, CloseInitiator initiator);

    [LoggerMessage(102, LogLevel.Error, "The handler of connection {ConnectionId} ({Protocol}) failed. The connection is closed with 1011.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(103, LogLevel.Error, "Connection {ConnectionId} ({Protocol}): [OnDisconnected], or the disposal of the handler or of a scoped service, threw an exception.")]
    public static partial void EndFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(104, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}): the protocol declares no message {Message}.")]
    public static partial void UnknownMessage(ILogger logger, string connectionId, string protocol, string message);

    [LoggerMessage(105, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}): a message can't be read. {Problem}")]
    public static partial void UnreadableMessage(ILogger logger, string connectionId, string protocol, string problem);

    [LoggerMessage(106, LogLevel.Debug, "Connection {ConnectionId}: a reply has the id of no open request (id {RequestId}).")]
    public static partial void UnexpectedReply(ILogger logger, string connectionId, string requestId);

    [LoggerMessage(107, LogLevel.Debug, "Connection {ConnectionId} broke the protocol: {Code} {Reason}")]
    public static partial void ProtocolFailure(ILogger logger, string connectionId, int code, string reason);

    [LoggerMessage(108, LogLevel.Information, "Connection {ConnectionId} ({Protocol}) reads its messages too slowly. It is closed with 1008.")]
    public static partial void SlowConsumer(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(109, LogLevel.Debug, "Connection {ConnectionId} got no data and no pong within KeepAliveTimeout. It is aborted.")]
    public static partial void Silent(ILogger logger, string connectionId);

    [LoggerMessage(123, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): the peer answered a request with an error, or with a reply that can't be read, and the handler doesn't catch the exception. The connection is closed with 1011. {Answer}")]
    public static partial void PeerRefused(ILogger logger, Exception exception, string connectionId, string protocol, string answer);

    [LoggerMessage(124, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): a filter of {Message} failed after the message was answered. The peer gets no error.")]
    public static partial void AnsweredBefore(ILogger logger, Exception exception, string connectionId, string protocol, string message);

    [LoggerMessage(125, LogLevel.Error, "Connection {ConnectionId} ({Protocol}): a callback that is registered on one of its cancellation tokens failed.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(122, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}) has ended: {Count} queued messages are dropped.")]
    public static partial void Dropped(ILogger logger, string connectionId, string protocol, int count);

    [LoggerMessage(120, LogLevel.Debug, "Connection {ConnectionId}: the peer doesn't read. The connection is aborted.")]
    public static partial void WriteBlocked(ILogger logger, string connectionId);

    [LoggerMessage(121, LogLevel.Information, "Connection {ConnectionId} ({Protocol}) sends messages faster than options.MessageRateLimiter allows. It is closed with 1008.")]
    public static partial void TooFast(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(113, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): {Method} of {Handler} still runs {Seconds} s after the connection ended, and [OnDisconnected] waits for it. Pass the method's CancellationToken to its awaits.")]
    public static partial void HandlerStillRuns(ILogger logger, string connectionId, string protocol, string method, string handler, double seconds);

    [LoggerMessage(110, LogLevel.Critical, "Connection {ConnectionId} ({Protocol}) failed with an internal error of the framework and is aborted. Please report this.")]
    public static partial void SessionFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(111, LogLevel.Error, "The handling of a connection's timeout failed.")]
    public static partial void DeadlineFailed(ILogger logger, Exception exception);

    [LoggerMessage(140, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): the login of its user has expired.")]
    public static partial void UserExpired(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(141, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): its user is not authorized to send {Message}.")]
    public static partial void Forbidden(ILogger logger, string connectionId, string protocol, string message);

    [LoggerMessage(142, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): the user's exp claim is not a number of seconds since 1970 (RFC 7519). The login counts as expired.")]
    public static partial void UnreadableExpiry(ILogger logger, string connectionId, string protocol);
}
