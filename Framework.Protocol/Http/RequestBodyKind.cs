namespace UpgradeProtocols;

/// <summary>The way the end of a request's body is determined (RFC 9112 §6.3).</summary>
internal enum RequestBodyKind
{
    None,
    Length,
    Chunked,
}
