using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// A response to a request that isn't upgraded. It is immutable, so one instance serves any number of requests. The server adds Date,
/// Content-Length and, if it closes the connection, <c>Connection: close</c>; for HEAD it sends the head only.
/// </summary>
internal sealed class RegularResponse
{
    private readonly KeyValuePair<string, string>[] _fields;

    private RegularResponse(int status, string? contentType, ReadOnlyMemory<byte> body, KeyValuePair<string, string>[] fields)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        if (!body.IsEmpty && status is (204 or 205 or 304))
        {
            throw new ArgumentException($"An answer with status {status} has no body (RFC 9110 §15).", nameof(body));
        }

        StatusCode = status;
        ContentType = contentType;
        Body = body;
        _fields = fields;
    }

    /// <summary>The status code, 200 to 599 (RFC 9110 §15).</summary>
    public int StatusCode { get; }

    /// <summary>The value of Content-Type, or null without a body.</summary>
    public string? ContentType { get; }

    /// <summary>The body; its length becomes Content-Length.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The headers besides those that the server writes, in the order they were added.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => _fields;

    internal ReadOnlySpan<KeyValuePair<string, string>> HeaderSpan => _fields;

    /// <summary>Whether a Connection header of the response lists "close": the connection ends after it (RFC 9112 §9.6).</summary>
    internal bool ClosesConnection { get; private init; }

    /// <summary>Plain text, as UTF-8.</summary>
    /// <param name="text">The text; no line ending is added.</param>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    /// <exception cref="ArgumentException">The text isn't empty and the status code, 204, 205 or 304, allows no body.</exception>
    public static RegularResponse Text(string text, int status = 200) =>
        new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text), []);

    /// <summary>A response with a body of any type.</summary>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <param name="contentType">The value of Content-Type; <see langword="null"/> for none.</param>
    /// <param name="body">The body. It isn't copied.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    /// <exception cref="ArgumentException">The content type isn't valid as a header, or the status code allows no body.</exception>
    public static RegularResponse Of(int status, string? contentType, ReadOnlyMemory<byte> body)
    {
        if (contentType is not null)
        {
            ResponseFields.CheckValue(contentType, nameof(contentType));
        }

        return new(status, contentType, body, []);
    }

    /// <summary>A response without a body, such as 204 or a redirect.</summary>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    public static RegularResponse Empty(int status) => new(status, null, default, []);

    /// <summary>The same response with one more header. A name may be added several times (Set-Cookie).</summary>
    /// <param name="name">A token. The server sets Content-Length, Content-Type, Date and Transfer-Encoding itself.</param>
    /// <param name="value">The value, written as ISO-8859-1.</param>
    /// <exception cref="ArgumentException">
    /// The name isn't a token or is one that the server sets, or the value contains a control character or one above U+00FF.
    /// </exception>
    public RegularResponse WithHeader(string name, string value)
    {
        ResponseFields.Check(name, value);
        return new RegularResponse(StatusCode, ContentType, Body, [.. _fields, new(name, value)])
        {
            ClosesConnection = ClosesConnection || (IsConnection(name) && ListsClose(value)),
        };
    }

    internal static bool IsConnection(string name) => name.Equals("Connection", StringComparison.OrdinalIgnoreCase);

    private static bool ListsClose(string value) =>
        value.Split(',', StringSplitOptions.TrimEntries).Contains("close", StringComparer.OrdinalIgnoreCase);
}
