namespace UpgradeProtocols;

/// <summary>A parsed request head (RFC 9112 §2-§6).</summary>
/// <param name="Method">The method as it was sent.</param>
/// <param name="Target">The target. Its ranges refer to <paramref name="Bytes"/>.</param>
/// <param name="IsHttp10">Whether the request is HTTP/1.0.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Bytes">The bytes of the target, followed by those of the headers.</param>
/// <param name="Framing">How the body's end is determined.</param>
internal readonly record struct RequestHead(
    string Method, RequestTarget Target, bool IsHttp10, UpgradeRequestHeaders Headers, byte[] Bytes, BodyFraming Framing);
