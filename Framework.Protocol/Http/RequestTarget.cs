using System.Text;

namespace UpgradeProtocols;

/// <summary>A parsed request target (RFC 9112 §3.2).</summary>
/// <param name="Path">The decoded and normalised path, or "*".</param>
/// <param name="Authority">The range of the authority of an absolute-form target in its bytes; empty for the other forms.</param>
/// <param name="QueryStart">The position of '?' in the target's bytes, or their number.</param>
/// <param name="Length">The number of the target's bytes.</param>
internal readonly record struct RequestTarget(string Path, Range Authority, int QueryStart, int Length)
{
    // The authority form of RFC 9112 §3.2.3 is for proxies; no resource here is a proxy.
    private const string AllowInsteadOfConnect = "GET, HEAD";

    public static HttpRequestError? Parse(ReadOnlySpan<byte> target, string method, out RequestTarget parsed)
    {
        parsed = default;
        if (method == "CONNECT")
        {
            return new(405, "CONNECT isn't served, this is no proxy: send GET and a path.", AllowInsteadOfConnect);
        }

        if (target.SequenceEqual("*"u8))
        {
            parsed = new RequestTarget("*", default, target.Length, target.Length);
            return method == "OPTIONS" ? null : HttpRequestError.BadRequest("The target * is for OPTIONS only: send a path.");
        }

        return target[0] == '/' ? ParsePathAndQuery(target, default, 0, out parsed) : ParseAbsolute(target, method, out parsed);
    }

    private static HttpRequestError? ParseAbsolute(ReadOnlySpan<byte> target, string method, out RequestTarget parsed)
    {
        parsed = default;
        var schemeLength = target.IndexOf("://"u8);
        if (schemeLength < 0 || !IsKnownScheme(target[..schemeLength]))
        {
            return HttpRequestError.BadRequest("The target is neither a path nor an http or ws URI: send a path that starts with /.");
        }

        var authorityStart = schemeLength + 3;
        var authorityLength = target[authorityStart..].IndexOfAny((byte)'/', (byte)'?');
        var pathStart = authorityLength < 0 ? target.Length : authorityStart + authorityLength;
        if (method == "OPTIONS" && pathStart == target.Length && HostSyntax.IsValid(target[authorityStart..]))
        {
            // RFC 9112 §3.2.4: a proxy sends * for an absolute-form OPTIONS without a path.
            parsed = new RequestTarget("*", authorityStart..pathStart, target.Length, target.Length);
            return null;
        }

        return HostSyntax.IsValid(target[authorityStart..pathStart])
            ? ParsePathAndQuery(target, authorityStart..pathStart, pathStart, out parsed)
            : HttpRequestError.BadRequest("The target's authority is malformed: send a host and an optional port, and no user name.");
    }

    private static bool IsKnownScheme(ReadOnlySpan<byte> scheme) =>
        Ascii.EqualsIgnoreCase(scheme, "http"u8) || Ascii.EqualsIgnoreCase(scheme, "https"u8) ||
        Ascii.EqualsIgnoreCase(scheme, "ws"u8) || Ascii.EqualsIgnoreCase(scheme, "wss"u8);

    private static HttpRequestError? ParsePathAndQuery(ReadOnlySpan<byte> target, Range authority, int start, out RequestTarget parsed)
    {
        parsed = default;
        var pathLength = target[start..].IndexOf((byte)'?');
        var queryStart = pathLength < 0 ? target.Length : start + pathLength;
        var path = target[start..queryStart];
        if (!TargetPath.TryNormalize(path.IsEmpty ? "/"u8 : path, out var normalized))
        {
            return HttpRequestError.BadRequest("The path's percent-encoding is invalid: send %XX for each byte of its UTF-8, and no %00.");
        }

        parsed = new RequestTarget(normalized, authority, queryStart, target.Length);
        return null;
    }
}
