using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;

namespace UpgradeProtocols;

/// <summary>The limits and timeouts of upgraded connections. All have defaults that are safe on a public port.</summary>
public sealed class UpgradeOptions : IConversationOptions
{
    /// <summary>The time limit for a request's head; 10 seconds by default. Then the response is 408, or none if no byte arrived.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The time for which a connection may be idle between two ordinary requests; 60 seconds by default.</summary>
    public TimeSpan HttpKeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The time limit for a request's body; 30 seconds by default. Then the response is 408.</summary>
    public TimeSpan RequestBodyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time for which a peer that doesn't read may hold up the output; 30 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/>
    /// for no limit. Then the connection is aborted, and its handler gets 1006. The limit applies to one flush to the transport, which
    /// ends when the peer has taken all of it except the part that the transport buffers; a flush of more than 1 MiB has this time
    /// for each MiB.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The maximum number of simultaneous connections of the lightweight server, including those that are still ordinary HTTP;
    /// <see langword="null"/>, the default, for as many as the process's limit of open files allows (on Linux; elsewhere no limit).
    /// A further connection gets a 503 and is closed. A connection counts from its acceptance (with TLS: before its
    /// handshake) until its last byte has been sent. A connection that only waits for its peer's end doesn't count any more.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// Limits the rate of a client's messages. The function creates the limiter of each connection before its 101 (the user is known by
    /// then), or returns <see langword="null"/> for a connection without a limit. Every message takes one permit, including unknown and
    /// unreadable ones; pings and raw pipes take none. When a permit is refused, the connection closes with 1008. The limiter is disposed
    /// of when its connection ends, so it can't be shared. None by default.
    /// </summary>
    public Func<UpgradeConnection, RateLimiter?>? MessageRateLimiter { get; set; }

    /// <summary>
    /// Authenticates an upgrade on the lightweight server: by <see cref="UpgradeRequest.BearerToken"/>, a cookie, or the name in a client
    /// certificate that a proxy sends. Returns <see langword="null"/> for an anonymous user. The server calls it before it checks
    /// <c>[Authorize]</c> of the handler class, and gives it <see cref="AnswerTimeout"/>; the token is cancelled when that time is over or
    /// the client leaves. ASP.NET Core has its own authentication and doesn't call it. None by default; then an
    /// <see cref="OnUpgradingAttribute"/> method may call <see cref="UpgradeConnection.SetUser"/>, and runs before the check.
    /// </summary>
    public Func<UpgradeConnection, CancellationToken, ValueTask<ClaimsPrincipal?>>? Authenticate { get; set; }

    /// <summary>The places where an upgrade request may carry a bearer token.</summary>
    public UpgradeBearerTokenOptions BearerToken { get; } = new();

    /// <summary>
    /// The close code for a connection whose user's login has expired (<see cref="UpgradeConnection.UserExpires"/>); 4401 by default, so
    /// that a client can distinguish it from other closes. <see langword="null"/> keeps such connections open.
    /// </summary>
    public int? UserExpiredCloseCode { get; set; } = 4401;

    /// <summary>
    /// The proxies in front of the lightweight server; none by default. The server trusts only their headers: <c>Forwarded</c> (RFC 7239)
    /// and <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> then give <see cref="UpgradeRequest.RemoteEndPoint"/>,
    /// <see cref="UpgradeRequest.Scheme"/> and <see cref="UpgradeRequest.Host"/>. The server reads the lists from the right, as long as the
    /// hops are in one of these networks. It ignores malformed headers, and two kinds that contradict each other. It ignores all of them
    /// after a PROXY header that has no address in these networks (<see cref="ProxyProtocol"/>). The proxies must set or remove each of
    /// these headers: a header that they pass on is the client's. When this list isn't empty, peers on a Unix socket count as known
    /// proxies.
    /// </summary>
    public IList<IPNetwork> KnownProxies { get; } = [];

    /// <summary>
    /// Whether <see cref="KnownProxies"/> begin each connection with a PROXY header, version 1 or 2; <see langword="false"/> by default. A
    /// connection from a known proxy without this header, or with a malformed one, is closed. The header comes before TLS, so it also works
    /// on https addresses. Other peers are served as usual, and a PROXY header from them is a malformed request.
    /// </summary>
    public bool ProxyProtocol { get; set; }

    /// <summary>The largest request line in bytes; 8 KiB by default. A larger one gets 414.</summary>
    public int MaxRequestLineSize { get; set; } = 8 * 1024;

    /// <summary>The largest request head in bytes; 32 KiB by default. A larger one gets 431.</summary>
    public int MaxRequestHeadersTotalSize { get; set; } = 32 * 1024;

    /// <summary>The maximum number of headers in a request; 100 by default. More get 431.</summary>
    public int MaxRequestHeaderCount { get; set; } = 100;

    /// <summary>The largest request body in bytes; 64 KiB by default. A larger one gets 413.</summary>
    public int MaxRequestBodySize { get; set; } = 64 * 1024;

    /// <summary>The largest message in bytes where the protocol sets no limit; 1 MiB by default. A larger one closes with 1009.</summary>
    public int MaxMessageSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// The maximum number of bytes of messages that wait for a busy handler, for each connection; 256 KiB by default. Beyond that, the
    /// connection isn't read until there is room.
    /// </summary>
    public int MaxWaitingBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// The maximum number of bytes of messages that wait for a busy handler while a request to the client is pending: the reply may come
    /// after them. 4 MiB by default, and never less than <see cref="MaxWaitingBytes"/>. Beyond that, the connection isn't read until there
    /// is room or the request has timed out.
    /// </summary>
    public int MaxWaitingBytesBeforeReply { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The size of a connection's outbound queue in bytes; 1 MiB by default. When it is full, the protocol's slow-consumer policy applies.
    /// The replies to a batch have the same limit while they are collected: once they reach it, the remaining calls of the batch get an
    /// error.
    /// </summary>
    public int MaxOutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>The compression settings, for protocols that enable compression.</summary>
    public WebSocketCompressionOptions Compression { get; } = new();

    /// <summary>The maximum number of <c>Concurrent</c> messages and streams that run at a time on a connection; 64 by default.</summary>
    public int MaxConcurrentMessages { get; set; } = 64;

    /// <summary>
    /// The maximum number of messages in one frame, in formats with batches; 100 by default. A larger batch gets one error, and
    /// none of its messages is handled.
    /// </summary>
    public int MaxBatchMessages { get; set; } = 100;

    /// <summary>The maximum number of open streams of a connection; 32 by default.</summary>
    public int MaxConcurrentStreams { get; set; } = 32;

    /// <summary>The time limit for the reply to a request to a client; 30 seconds by default.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time for which the server waits for the peer's Close after its own; 5 seconds by default.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The silence after which a WebSocket peer gets a Ping; 20 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The time for which a peer may stay silent after a Ping before its connection counts as lost; 20 seconds by default.
    /// </summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The time limit for the application before a 101, for all steps together (<see cref="Authenticate"/>, policies, upgrade filters, the
    /// handler's constructor, <see cref="OnUpgradingAttribute"/>), and for a regular responder; 30 seconds by default,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit. Then <see cref="UpgradeConnection.Closed"/>, or the responder's token, is
    /// cancelled, the client gets 503, a warning names the step that hung, and the connection's place is free. The handler and its services
    /// are disposed of when the code has ended. The same happens, without a response, when the client has disconnected. In ASP.NET Core,
    /// the application's own request timeouts apply to middleware before the endpoint.
    /// </summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time after which a warning names a handler method that still runs though its connection has ended; 30 seconds by default,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. <see cref="OnDisconnectedAttribute"/> still waits for the method, so
    /// that the two never run concurrently.
    /// </summary>
    public TimeSpan SlowHandlerWarning { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time that connections have to end when the server stops; 10 seconds by default. Then they are aborted, and the log names the
    /// handlers that still run. The host's <c>ShutdownTimeout</c> must be longer.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The origins (RFC 6454) that may connect besides the server's own, where the protocol sets none: <c>https://app.example</c>,
    /// <c>https://*.example</c> for subdomains, or <c>*</c> for any. None by default. Hosts may contain non-ASCII letters.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// Whether the same-origin rule compares the scheme too; <see langword="false"/> by default, since TLS often ends before the server.
    /// </summary>
    public bool CompareOriginScheme { get; set; }

    /// <summary>
    /// The hosts that requests may name, as protection against DNS rebinding: <c>app.example</c>, or <c>*.example</c> for subdomains. Any
    /// when empty, the default. A request for another host gets 400.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Whether error messages to peers include the text of a handler's exception; <see langword="false"/> by default.</summary>
    public bool IncludeErrorDetail { get; set; }
}
