using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about upgraded connections. The event ids are stable.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(100, LogLevel.Debug, "Connection {ConnectionId} opened: {Protocol} on {Path}.")]
    public static partial void Opened(ILogger logger, string connectionId, string protocol, string path);

    [LoggerMessage(101, LogLevel.Debug, "Connection {ConnectionId} ended: {Code} {Reason} (by {Initiator}).")]
    public static partial void Ended(ILogger logger, string connectionId, int code, string reason, CloseInitiator initiator);

    [LoggerMessage(103, LogLevel.Error, "Connection {ConnectionId} ({Protocol}): [OnDisconnected], or the disposal of the handler or of a scoped service, threw an exception.")]
    public static partial void EndFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(104, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}): the protocol declares no message {Message}.")]
    public static partial void UnknownMessage(ILogger logger, string connectionId, string protocol, string message);

    [LoggerMessage(105, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}): a message can't be read. {Problem}")]
    public static partial void UnreadableMessage(ILogger logger, string connectionId, string protocol, string problem);

    [LoggerMessage(113, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): {Method} of {Handler} still runs {Seconds} s after the connection ended, and [OnDisconnected] waits for it. Pass the method's CancellationToken to its awaits.")]
    public static partial void HandlerStillRuns(ILogger logger, string connectionId, string protocol, string method, string handler, double seconds);

    [LoggerMessage(121, LogLevel.Information, "Connection {ConnectionId} ({Protocol}) sends messages faster than options.MessageRateLimiter allows. It is closed with 1008.")]
    public static partial void TooFast(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(124, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): a filter of {Message} failed after the message was answered. The peer gets no error.")]
    public static partial void AnsweredBefore(ILogger logger, Exception exception, string connectionId, string protocol, string message);

    [LoggerMessage(140, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): the login of its user has expired.")]
    public static partial void UserExpired(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(141, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): its user is not authorized to send {Message}.")]
    public static partial void Forbidden(ILogger logger, string connectionId, string protocol, string message);

    [LoggerMessage(142, LogLevel.Warning, "Connection {ConnectionId} ({Protocol}): the user's exp claim is not a number of seconds since 1970 (RFC 7519). The login counts as expired.")]
    public static partial void UnreadableExpiry(ILogger logger, string connectionId, string protocol);
}
