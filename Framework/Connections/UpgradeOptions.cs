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

    /// <summary>The size of a connection's outbound queue in bytes; 1 MiB by default. Then the protocol's slow-consumer policy acts.</summary>
    public int MaxOutboundBytes { get; set; } = 1024 * 1024;

    /// <summary>How messages are compressed, for protocols that say so.</summary>
    public CompressionOptions Compression { get; } = new();

    /// <summary>How many messages declared <c>Concurrent</c> and streams a connection may have in work beside its lane; 64 by default.</summary>
    public int MaxConcurrentMessages { get; set; } = 64;

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

    /// <summary>How long connections may take to end when the server stops; 10 seconds by default. Then they are aborted.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The origins (RFC 6454) that may connect besides the server's own, where the protocol doesn't say: <c>https://app.example</c>,
    /// <c>https://*.example</c> for subdomains, or <c>*</c> for any. None by default.
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
