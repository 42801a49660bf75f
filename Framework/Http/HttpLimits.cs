namespace UpgradeProtocols;

/// <summary>What one HTTP/1.1 request may cost before it is refused. All sizes are in bytes as they come over the wire.</summary>
internal sealed record HttpLimits
{
    public static HttpLimits Default { get; } = new();

    /// <summary>The request line with its CRLF; more is answered 414 (RFC 9112 §3 recommends at least 8000).</summary>
    public int MaxRequestLineSize { get; init; } = 8192;

    /// <summary>The whole head: request line, field lines and the empty line that ends it; more is answered 431.</summary>
    public int MaxHeadSize { get; init; } = 32768;

    /// <summary>Field lines of a head, and again of a trailer section; more is answered 431.</summary>
    public int MaxFieldCount { get; init; } = 100;

    /// <summary>The content of a request, after chunked decoding; more is answered 413.</summary>
    public int MaxRequestBodySize { get; init; } = 65536;
}
