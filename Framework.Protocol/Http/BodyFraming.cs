using System.Globalization;
using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// Determines where the body of a request ends (RFC 9112 §6.3). A framing that two recipients could read differently is refused: a body
/// that one recipient takes for the next request is request smuggling (§11.2).
/// </summary>
internal readonly record struct BodyFraming(RequestBodyKind Kind, long ContentLength)
{
    public static HttpRequestError? Determine(UpgradeRequestHeaders fields, bool isHttp10, out BodyFraming framing)
    {
        framing = default;
        var hasLength = fields.Contains("Content-Length");
        if (!fields.Contains("Transfer-Encoding"))
        {
            return hasLength ? ReadContentLength(fields, out framing) : null;
        }

        if (hasLength)
        {
            return HttpRequestError.BadRequest("Content-Length and Transfer-Encoding are both there: send one of them.");
        }

        if (isHttp10)
        {
            return HttpRequestError.BadRequest("HTTP/1.0 has no Transfer-Encoding: send Content-Length, or HTTP/1.1.");
        }

        framing = new BodyFraming(RequestBodyKind.Chunked, 0);
        return CheckTransferEncoding(fields);
    }

    // RFC 9110 §8.6 allows "5, 5" as 5; any other value that isn't digits is malformed.
    private static HttpRequestError? ReadContentLength(UpgradeRequestHeaders fields, out BodyFraming framing)
    {
        framing = default;
        long? length = null;
        var line = -1;
        while (fields.TryGetNextLine("Content-Length", ref line, out var value))
        {
            foreach (var part in value.Split((byte)','))
            {
                var digits = HttpCharacters.TrimWhitespace(value[part]);
                if (!TryParse(digits, out var parsed))
                {
                    return HttpRequestError.BadRequest("Content-Length isn't a number: send the body's size in decimal digits.");
                }

                if (length is { } before && before != parsed)
                {
                    return HttpRequestError.BadRequest("Content-Length has different values: send it once.");
                }

                length = parsed;
            }
        }

        framing = new BodyFraming(RequestBodyKind.Length, length.GetValueOrDefault());
        return null;
    }

    // A length beyond the range of a long is still a length (RFC 9110 §8.6): it is too large, not malformed.
    private static bool TryParse(ReadOnlySpan<byte> digits, out long length)
    {
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out length))
        {
            return true;
        }

        length = long.MaxValue;
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    // The only supported coding is "chunked". It may occur once, as the last one (RFC 9112 §6.1), and takes no parameters (§7.1).
    private static HttpRequestError? CheckTransferEncoding(UpgradeRequestHeaders fields)
    {
        var (hasUnknown, hasChunked) = (false, false);
        var codings = fields.EnumerateList("Transfer-Encoding");
        while (codings.MoveNext())
        {
            var semicolon = codings.Current.IndexOf((byte)';');
            var name = semicolon < 0 ? codings.Current : HttpCharacters.TrimWhitespace(codings.Current[..semicolon]);
            var isChunked = Ascii.EqualsIgnoreCase(name, "chunked"u8);
            if (hasChunked || !HttpCharacters.IsToken(name) || (isChunked && semicolon >= 0))
            {
                return HttpRequestError.BadRequest("Transfer-Encoding is malformed: send chunked once, last, and without parameters.");
            }

            hasUnknown |= !isChunked;
            hasChunked = isChunked;
        }

        if (codings.IsMalformed || (!hasChunked && !hasUnknown))
        {
            return HttpRequestError.BadRequest("Transfer-Encoding is malformed: send chunked, or Content-Length instead.");
        }

        return hasUnknown
            ? new HttpRequestError(501, "Transfer-Encoding has an unknown coding: send chunked only, or Content-Length.")
            : null;
    }
}
