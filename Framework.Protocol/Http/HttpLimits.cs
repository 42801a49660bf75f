namespace UpgradeProtocols;

/// <summary>The limits of one HTTP/1.1 request. All sizes are in bytes, as received from the network.</summary>
internal sealed record HttpLimits
{
    public static HttpLimits Default { get; } = new();

    /// <summary>The size of the request line with its CRLF; a longer line gets 414 (RFC 9112 §3 recommends at least 8000).</summary>
    public int MaxRequestLineSize { get; init; } = 8192;

    /// <summary>The size of the whole head: request line, field lines and the empty line that ends it; a larger head gets 431.</summary>
    public int MaxHeadSize { get; init; } = 32768;

    /// <summary>The number of field lines of a head, and separately of a trailer section; more lines get 431.</summary>
    public int MaxFieldCount { get; init; } = 100;

    /// <summary>The size of a request's content after chunked decoding; a larger body gets 413.</summary>
    public int MaxRequestBodySize { get; init; } = 65536;
}
