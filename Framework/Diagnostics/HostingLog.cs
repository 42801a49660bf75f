using System.Net;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about the server and its requests. The event ids are stable.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Listening on {Address}.")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(2, LogLevel.Information, "Stopping: {Count} connections are told to close.")]
    public static partial void Draining(ILogger logger, int count);

    [LoggerMessage(3, LogLevel.Debug, "Protocol {Protocol} ({Kind}) on {Path}: {Handler}.")]
    public static partial void ProtocolAdded(ILogger logger, string protocol, UpgradeKind kind, string path, string handler);

    [LoggerMessage(4, LogLevel.Warning, "No protocol and no regular responder is declared: every request is answered with 404.")]
    public static partial void NothingDeclared(ILogger logger);

    [LoggerMessage(8, LogLevel.Warning, "Protocols are declared and nothing listens for them. {Advice}")]
    public static partial void NothingListens(ILogger logger, string advice);

    [LoggerMessage(9, LogLevel.Warning, "MapGet(…), Map(…) and MapFile(…) of AddUpgradeProtocols() can't be reached: they are the lightweight server's. Map the application's own endpoints, call Listen(…), or UseUpgradeProtocols() on an endpoint of Kestrel's.")]
    public static partial void RoutesUnreachable(ILogger logger);

    [LoggerMessage(5, LogLevel.Information, "The options of the configuration were read again.")]
    public static partial void Reloaded(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning, "The configuration has changed and can't be used. The options stay as they were.")]
    public static partial void ReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "These options have changed and wait for a restart: {Options}.")]
    public static partial void RestartNeeded(ILogger logger, string options);

    [LoggerMessage(30, LogLevel.Warning, "{Handler} reads {Type} from messages, so a client decides what is in it, and {Type} is registered as a service. "
        + "Mark the parameter with [FromServices], or take a type of its own as the payload.")]
    public static partial void PayloadIsService(ILogger logger, string type, string handler);

    [LoggerMessage(10, LogLevel.Debug, "A request can't be taken: {StatusCode} {Problem}")]
    public static partial void BadRequest(ILogger logger, int statusCode, string problem);

    [LoggerMessage(11, LogLevel.Information, "Refused with {StatusCode}: {Method} {Path} (Upgrade: {Upgrade}; subprotocols: {Subprotocols}). {Explanation}")]
    public static partial void Refused(
        ILogger logger, int statusCode, string method, string path, string upgrade, string subprotocols, string explanation);

    [LoggerMessage(12, LogLevel.Error, "The responder of {Method} {Path} failed.")]
    public static partial void ResponderFailed(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(13, LogLevel.Error, "The upgrade to {Protocol} on {Path} failed before the 101.")]
    public static partial void UpgradeFailed(ILogger logger, Exception exception, string protocol, string path);

    [LoggerMessage(14, LogLevel.Debug, "A connection was lost while it spoke HTTP.")]
    public static partial void Lost(ILogger logger, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "There are as many connections as may be (MaxConnections): {Count}. More are answered with 503.")]
    public static partial void TooManyConnections(ILogger logger, int count);

    [LoggerMessage(16, LogLevel.Debug, "A peer doesn't read what it is sent: its connection is aborted.")]
    public static partial void WriteBlocked(ILogger logger);

    [LoggerMessage(17, LogLevel.Debug, "The forwarded fields of {Proxy} are malformed or contradict each other. They are ignored.")]
    public static partial void ForwardedIgnored(ILogger logger, EndPoint? proxy);

    [LoggerMessage(18, LogLevel.Information, "{Proxy} is a known proxy and sent no PROXY header that can be read. Its connection is closed.")]
    public static partial void NoProxyHeader(ILogger logger, EndPoint? proxy);

    [LoggerMessage(20, LogLevel.Warning, "The application took longer than {Seconds} s (AnswerTimeout) to answer {Method} {Path}: {Step} hasn't ended. The client gets 503.")]
    public static partial void AnswerTooLate(ILogger logger, string method, string path, string step, double seconds);

    [LoggerMessage(21, LogLevel.Debug, "The client left before {Method} {Path} was answered. What it waited for is cancelled: {Step}.")]
    public static partial void ClientLeft(ILogger logger, string method, string path, string step);

    [LoggerMessage(22, LogLevel.Error, "{Endpoint} requires authorization, and the request didn't pass the authorization middleware. Call app.UseAuthorization() between UseRouting() and UseEndpoints(). The client gets 500.")]
    public static partial void NobodyAsked(ILogger logger, string endpoint);

    [LoggerMessage(25, LogLevel.Warning, "DrainTimeout is {Seconds} s, and the host ends the stop after {ShutdownSeconds} s, which cuts the drain short: set HostOptions.ShutdownTimeout above DrainTimeout.")]
    public static partial void DrainTooLong(ILogger logger, double seconds, double shutdownSeconds);

    [LoggerMessage(26, LogLevel.Debug, "MaxConnections isn't set. At most {Max} connections are taken at a time: the process may have {Limit} files open (RLIMIT_NOFILE).")]
    public static partial void ConnectionsByDescriptors(ILogger logger, int max, int limit);

    [LoggerMessage(27, LogLevel.Warning, "MaxConnections is {MaxConnections}, and the process may have {Limit} files open (RLIMIT_NOFILE), which is enough for {Room} connections. Raise the limit (ulimit -n, LimitNOFILE=) or lower MaxConnections.")]
    public static partial void TooFewDescriptors(ILogger logger, int maxConnections, int limit, int room);

    [LoggerMessage(28, LogLevel.Warning, "{Count} connections have not ended within DrainTimeout ({Seconds} s) and are aborted. {Unfinished}")]
    public static partial void DrainOver(ILogger logger, int count, double seconds, string unfinished);

    [LoggerMessage(19, LogLevel.Information, "{Path} was left behind by a process that is gone, and is deleted.")]
    public static partial void StaleSocket(ILogger logger, string path);
}
