using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;

namespace UpgradeProtocols;

/// <summary>The limits and timeouts of upgraded connections. All have defaults that are safe on a public port.</summary>
public sealed class UpgradeOptions
{
    /// <summary>How long a request's head may take; 10 seconds by default. Then 408, or nothing if no byte came.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may wait between two ordinary requests; 60 seconds by default.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a request's body may take; 30 seconds by default. Then 408.</summary>
    public TimeSpan RequestBodyTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a peer that doesn't read may hold up what is sent to it; 30 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/>
    /// for ever. Then the connection is aborted, and its handler told 1006. It is the time for one flush to the transport, which
    /// ends when the peer has taken all of it but what the transport buffers; a flush that carries more than 1 MiB has the time
    /// for each MiB.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many connections the lightweight server takes at a time, those that are still ordinary HTTP included;
    /// <see langword="null"/>, as by default, for as many as the process's limit of open files allows (on Linux; elsewhere for any
    /// number). One more is answered with 503 and closed. A connection counts from when it was accepted (with TLS: before its
    /// handshake) until its last byte has left; one that only waits for its peer's end doesn't count any more.
    /// </summary>
    public int? MaxConnections { get; set; }

    /// <summary>
    /// Limits how fast a client may send messages: makes the limiter of each connection before its 101 (the user is known by then),
    /// or gives <see langword="null"/> where that connection has none. Every message takes one permit, one that is unknown or can't be
    /// read as well; pings and raw pipes have none. Where a permit is refused the connection is closed with 1008. The
    /// limiter is disposed of when its connection ends, so it can't be shared. None by default.
    /// </summary>
    public Func<UpgradeConnection, RateLimiter?>? MessageRateLimiter { get; set; }

    /// <summary>
    /// Finds out who asks for an upgrade, before <c>[Authorize]</c> of the handler class is asked, in <see cref="AnswerTimeout"/>, of which
    /// <see cref="UpgradeConnection.Closed"/> tells: by
    /// <see cref="UpgradeRequest.BearerToken"/>, a cookie, or a certificate's name that a proxy sends.
    /// <see langword="null"/> as its result is nobody. Only for the lightweight server: ASP.NET Core has its own authentication. None by
    /// default; an <see cref="OnUpgradingAttribute"/> method may set the user then, and is called before who may is asked.
    /// </summary>
    public Func<UpgradeConnection, ValueTask<ClaimsPrincipal?>>? Authenticate { get; set; }

    /// <summary>Where a bearer token may stand in the request that asks for an upgrade.</summary>
    public BearerTokenOptions BearerToken { get; } = new();

    /// <summary>
    /// The close code for a connection whose user's login has expired (<see cref="UpgradeConnection.UserExpires"/>); 4401 by default, so that
    /// a client can tell it from others. <see langword="null"/> lets such connections go on.
    /// </summary>
    public int? UserExpiredCloseCode { get; set; } = 4401;

    /// <summary>
    /// The proxies in front of the lightweight server; none by default. Only what they send is believed: <c>Forwarded</c> (RFC 7239) and
    /// <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> then give <see cref="UpgradeRequest.RemoteEndPoint"/>,
    /// <see cref="UpgradeRequest.Scheme"/> and <see cref="UpgradeRequest.Host"/>. The lists are read from the right as far as the hops are
    /// in one of these networks; malformed ones, and two kinds that contradict each other, are ignored, and so are all where a PROXY
    /// header was read that names no address in them (<see cref="ProxyProtocol"/>). The
    /// proxies have to set, or to remove, each of these fields: one that they pass on is the client's. Where this list isn't empty,
    /// peers on a Unix socket count as known.
    /// </summary>
    public IList<IPNetwork> KnownProxies { get; } = [];

    /// <summary>
    /// Whether <see cref="KnownProxies"/> begin each connection with a PROXY header, version 1 or 2; <see langword="false"/> by default. A
    /// connection of theirs without one, or with a malformed one, is closed. The header comes before TLS, so it works on
    /// https addresses too. Peers that aren't known proxies are served as always, and their header is a malformed request.
    /// </summary>
    public bool ProxyProtocol { get; set; }

    /// <summary>The largest request line in bytes; 8 KiB by default. Then 414.</summary>
    public int MaxRequestLineSize { get; set; } = 8 * 1024;

    /// <summary>The largest request head in bytes; 32 KiB by default. Then 431.</summary>
    public int MaxRequestHeadSize { get; set; } = 32 * 1024;

    /// <summary>The most fields a request may have; 100 by default. Then 431.</summary>
    public int MaxRequestFieldCount { get; set; } = 100;

    /// <summary>The largest request body in bytes; 64 KiB by default. Then 413.</summary>
    public int MaxRequestBodySize { get; set; } = 64 * 1024;

    /// <summary>The largest message in bytes where the protocol doesn't say; 1 MiB by default. Then 1009.</summary>
    public int MaxMessageSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// How many bytes of messages may wait for a handler that is busy, for each connection; 256 KiB by default. Then the
    /// connection isn't read until there is room.
    /// </summary>
    public int MaxWaitingBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// How many bytes of messages may wait for a busy handler while a request to the client waits for its reply, which may stand behind
    /// them; 4 MiB by default, and never less than <see cref="MaxWaitingBytes"/>. Then the connection isn't read until there is room or
    /// the request has timed out.
    /// </summary>
    public int MaxWaitingBytesBeforeReply { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The size of a connection's outbound queue in bytes; 1 MiB by default. Then the protocol's slow-consumer policy acts. The answers to
    /// a batch have the same limit while they are gathered: what exceeds it is answered with an error.
    /// </summary>
    public int MaxOutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>How messages are compressed, for protocols that say so.</summary>
    public CompressionOptions Compression { get; } = new();

    /// <summary>How many messages declared <c>Concurrent</c> and streams a connection may have in work beside its lane; 64 by default.</summary>
    public int MaxConcurrentMessages { get; set; } = 64;

    /// <summary>
    /// How many messages one frame may hold, in formats with batches; 100 by default. A larger batch is answered with one error, and
    /// none of it is handled.
    /// </summary>
    public int MaxBatchMessages { get; set; } = 100;

    /// <summary>How many streams a connection may have open; 32 by default.</summary>
    public int MaxConcurrentStreams { get; set; } = 32;

    /// <summary>How long a request to a client may wait for its reply; 30 seconds by default.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the peer's Close is awaited after ours; 5 seconds by default.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long a silence a WebSocket peer is sent a Ping; 20 seconds by default, <see cref="Timeout.InfiniteTimeSpan"/> for never.</summary>
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a pinged peer may stay silent before its connection counts as lost; 20 seconds by default.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long the application may take before a 101, for all that it is asked together (<see cref="Authenticate"/>, policies, upgrade
    /// filters, the handler's constructor, <see cref="OnUpgradingAttribute"/>), and how long a regular responder may take; 30 seconds by
    /// default, <see cref="Timeout.InfiniteTimeSpan"/> for ever. Then <see cref="UpgradeConnection.Closed"/>, or the responder's token, is
    /// cancelled, the client gets 503, a warning names what hung, and the connection's place is free; the handler and its services are
    /// disposed of when the code has ended. The same without an answer where the client has left. In ASP.NET Core, middleware before the
    /// endpoint has the application's own request timeouts.
    /// </summary>
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how long a warning names the handler's method that goes on though its connection has ended; 30 seconds by default,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. <see cref="OnDisconnectedAttribute"/> waits for the method all the same, so
    /// that they never run beside each other.
    /// </summary>
    public TimeSpan HandlerEndWarning { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long connections may take to end when the server stops; 10 seconds by default. Then they are aborted, and the log names the
    /// handlers that still run. The host's <c>ShutdownTimeout</c> has to be longer.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The origins (RFC 6454) that may connect besides the server's own, where the protocol doesn't say: <c>https://app.example</c>,
    /// <c>https://*.example</c> for subdomains, or <c>*</c> for any. None by default. Hosts may have letters that aren't ASCII.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Whether the same-origin rule compares the scheme too; <see langword="false"/> by default, since TLS often ends before the server.</summary>
    public bool CompareOriginScheme { get; set; }

    /// <summary>
    /// The hosts that requests may be for, against DNS rebinding: <c>app.example</c>, or <c>*.example</c> for subdomains. Any when
    /// empty, as by default. Then 400.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Whether peers are told what a handler's exception says; <see langword="false"/> by default.</summary>
    public bool IncludeErrorDetail { get; set; }
}
