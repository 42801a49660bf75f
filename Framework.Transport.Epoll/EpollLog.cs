using System.Net;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

internal static partial class EpollLog
{
    [LoggerMessage(400, LogLevel.Warning,
        "Loop {Loop} has been busy with connection {Connection} for {Seconds:0.0} s, and its other connections wait: a handler blocks. Await slow operations, or use Task.Run.")]
    public static partial void LoopIsBlocked(ILogger logger, int loop, string connection, double seconds);

    [LoggerMessage(401, LogLevel.Error,
        "Connections on {Endpoint} can't be accepted: {Reason}. New connections wait until accepting works again; open connections continue. " +
        "Raise the limit of open files, or set MaxConnections below it.")]
    public static partial void AcceptFailed(ILogger logger, EndPoint endpoint, string reason);

    [LoggerMessage(402, LogLevel.Error, "An exception of connection {Connection} reached the transport. The connection is aborted.")]
    public static partial void ContinuationFailed(ILogger logger, Exception exception, string connection);

    [LoggerMessage(403, LogLevel.Warning, "The epoll transport needs Linux. The server uses Kestrel's socket transport.")]
    public static partial void NotLinux(ILogger logger);

    [LoggerMessage(404, LogLevel.Error, "Accepting a connection on {Endpoint} failed. The listener continues.")]
    public static partial void AcceptingFailed(ILogger logger, Exception exception, EndPoint endpoint);

    [LoggerMessage(405, LogLevel.Warning,
        "Loop {Loop} is still busy with connection {Connection} {Seconds:0.0} s after the stop began: a handler blocks. " +
        "The stop continues without it. The loop ends when the handler returns.")]
    public static partial void LoopIsLeftBehind(ILogger logger, int loop, string? connection, double seconds);

    [LoggerMessage(406, LogLevel.Error, "A callback on ConnectionClosed failed when connection {Connection} ended.")]
    public static partial void EndCallbackFailed(ILogger logger, Exception exception, string connection);
}
