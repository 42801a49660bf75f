using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about conversations. The event ids are stable.</summary>
internal static partial class ConversationLog
{
    [LoggerMessage(102, LogLevel.Error, "The handler of connection {ConnectionId} ({Protocol}) failed. The connection is closed with 1011.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(106, LogLevel.Debug, "Connection {ConnectionId}: a reply has the id of no open request (id {RequestId}).")]
    public static partial void UnexpectedReply(ILogger logger, string connectionId, string requestId);

    [LoggerMessage(107, LogLevel.Debug, "Connection {ConnectionId} broke the protocol: {Code} {Reason}")]
    public static partial void ProtocolFailure(ILogger logger, string connectionId, int code, string reason);

    [LoggerMessage(108, LogLevel.Information, "Connection {ConnectionId} ({Protocol}) reads its messages too slowly. It is closed with 1008.")]
    public static partial void SlowConsumer(ILogger logger, string connectionId, string protocol);

    [LoggerMessage(109, LogLevel.Debug, "Connection {ConnectionId} got no data and no pong within KeepAliveTimeout. It is aborted.")]
    public static partial void Silent(ILogger logger, string connectionId);

    [LoggerMessage(110, LogLevel.Critical, "Connection {ConnectionId} ({Protocol}) failed with an internal error of the framework and is aborted. Please report this.")]
    public static partial void SessionFailed(ILogger logger, Exception exception, string connectionId, string protocol);

    [LoggerMessage(111, LogLevel.Error, "The handling of a connection's timeout failed.")]
    public static partial void DeadlineFailed(ILogger logger, Exception exception);

    [LoggerMessage(120, LogLevel.Debug, "Connection {ConnectionId}: the peer doesn't read. The connection is aborted.")]
    public static partial void WriteBlocked(ILogger logger, string connectionId);

    [LoggerMessage(122, LogLevel.Debug, "Connection {ConnectionId} ({Protocol}) has ended: {Count} queued messages are dropped.")]
    public static partial void Dropped(ILogger logger, string connectionId, string protocol, int count);

    [LoggerMessage(123, LogLevel.Information, "Connection {ConnectionId} ({Protocol}): the peer answered a request with an error, or with a reply that can't be read, and the handler doesn't catch the exception. The connection is closed with 1011. {Answer}")]
    public static partial void PeerRefused(ILogger logger, Exception exception, string connectionId, string protocol, string answer);

    [LoggerMessage(125, LogLevel.Error, "Connection {ConnectionId} ({Protocol}): a callback that is registered on one of its cancellation tokens failed.")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, string connectionId, string protocol);
}
