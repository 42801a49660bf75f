using System.Net;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about the server and its requests. The event ids are stable.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {Address}.")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(2, LogLevel.Information, "Stopping: {Count} connections get a Close.")]
    public static partial void Draining(ILogger logger, int count);

    [LoggerMessage(3, LogLevel.Debug, "Protocol {Protocol} ({Kind}) on {Path}: {Handler}.")]
    public static partial void ProtocolAdded(ILogger logger, string protocol, UpgradeKind kind, string path, string handler);

    [LoggerMessage(4, LogLevel.Warning, "No protocol and no MapGet, Map or MapFile is declared: the server answers every request with 404.")]
    public static partial void NothingDeclared(ILogger logger);

    [LoggerMessage(8, LogLevel.Warning, "Protocols are declared and nothing listens for them. {Advice}")]
    public static partial void NothingListens(ILogger logger, string advice);

    [LoggerMessage(9, LogLevel.Warning, "MapGet(…), Map(…) and MapFile(…) of AddUpgradeProtocols() can't be reached: only the lightweight server serves them. Map them as endpoints of the application, call Listen(…), or call UseUpgradeProtocols() on a Kestrel endpoint.")]
    public static partial void RoutesUnreachable(ILogger logger);

    [LoggerMessage(5, LogLevel.Information, "The options were reloaded from the configuration.")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "The changed configuration is invalid. The options keep their values.")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The changes of these options need a restart: {Options}.")]
    public static partial void RestartNeeded(ILogger logger, string options);

    [LoggerMessage(30, LogLevel.Warning, "{Handler} reads {Type} from messages, so the client controls its content, but {Type} is registered as a service. "
        + "Mark the parameter with [FromServices], or use a separate type for the payload.")]
    public static partial void PayloadIsService(ILogger logger, string type, string handler);

    [LoggerMessage(10, LogLevel.Debug, "A request was refused with {StatusCode}: {Problem}")]
    public static partial void BadRequest(ILogger logger, int statusCode, string problem);

    [LoggerMessage(11, LogLevel.Information, "Refused with {StatusCode}: {Method} {Path} (Upgrade: {Upgrade}; subprotocols: {Subprotocols}). {Explanation}")]
    public static partial void Refused(
        ILogger logger, int statusCode, string method, string path, string upgrade, string subprotocols, string explanation);

    [LoggerMessage(12, LogLevel.Error, "The delegate of {Method} {Path} failed.")]
    public static partial void ResponderFailed(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(13, LogLevel.Error, "The upgrade to {Protocol} on {Path} failed before the 101.")]
    public static partial void UpgradeFailed(ILogger logger, Exception exception, string protocol, string path);

    [LoggerMessage(14, LogLevel.Debug, "A connection was lost during an HTTP request.")]
    public static partial void Lost(ILogger logger, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "The limit MaxConnections is reached: {Count} connections are open. The server answers further ones with 503.")]
    public static partial void TooManyConnections(ILogger logger, int count);

    [LoggerMessage(16, LogLevel.Debug, "A peer doesn't read: its connection is aborted.")]
    public static partial void WriteBlocked(ILogger logger);

    [LoggerMessage(17, LogLevel.Debug, "The Forwarded and X-Forwarded headers of {Proxy} are malformed or contradict each other. They are ignored.")]
    public static partial void ForwardedIgnored(ILogger logger, EndPoint? proxy);

    [LoggerMessage(18, LogLevel.Information, "{Proxy} is a known proxy, but its connection starts without a valid PROXY header. The connection is closed.")]
    public static partial void NoProxyHeader(ILogger logger, EndPoint? proxy);

    [LoggerMessage(20, LogLevel.Warning, "The application took longer than {Seconds} s (AnswerTimeout) to answer {Method} {Path}: {Step} is still running. The client gets 503.")]
    public static partial void AnswerTooLate(ILogger logger, string method, string path, string step, double seconds);

    [LoggerMessage(21, LogLevel.Debug, "The client disconnected before {Method} {Path} was answered. {Step} is cancelled.")]
    public static partial void ClientLeft(ILogger logger, string method, string path, string step);

    [LoggerMessage(22, LogLevel.Error, "{Endpoint} requires authorization, and the request didn't pass the authorization middleware. Call app.UseAuthorization() after app.UseRouting(), if you call that, and before the endpoints. The client gets 500.")]
    public static partial void NobodyAsked(ILogger logger, string endpoint);

    [LoggerMessage(25, LogLevel.Warning, "DrainTimeout is {Seconds} s, and the host ends the stop after {ShutdownSeconds} s, which ends the drain early: set HostOptions.ShutdownTimeout above DrainTimeout.")]
    public static partial void DrainTooLong(ILogger logger, double seconds, double shutdownSeconds);

    [LoggerMessage(26, LogLevel.Debug, "MaxConnections isn't set. The server accepts at most {Max} connections at a time, because the process is allowed at most {Limit} open files (RLIMIT_NOFILE).")]
    public static partial void ConnectionsByDescriptors(ILogger logger, int max, int limit);

    [LoggerMessage(27, LogLevel.Warning, "MaxConnections is {MaxConnections}, and the process is allowed at most {Limit} open files (RLIMIT_NOFILE), so only {Room} connections fit. Raise the limit (ulimit -n, LimitNOFILE=) or lower MaxConnections.")]
    public static partial void TooFewDescriptors(ILogger logger, int maxConnections, int limit, int room);

    [LoggerMessage(28, LogLevel.Warning, "{Count} connections have not ended within DrainTimeout ({Seconds} s) and are aborted. {Unfinished}")]
    public static partial void DrainOver(ILogger logger, int count, double seconds, string unfinished);

    [LoggerMessage(19, LogLevel.Information, "The socket file {Path} belongs to a process that has ended. It is deleted.")]
    public static partial void StaleSocket(ILogger logger, string path);
}
