namespace UpgradeProtocols;

/// <summary>How the end of a request's body is found (RFC 9112 §6.3).</summary>
internal enum RequestBodyKind
{
    None,
    Length,
    Chunked,
}
