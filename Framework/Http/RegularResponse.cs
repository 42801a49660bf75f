using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>
/// The answer to a request that isn't upgraded: a page, JSON, a refusal. Immutable, so one instance may answer any number of requests.
/// The server adds Date, Content-Length and, where it closes the connection, <c>Connection: close</c>; for HEAD it sends the head only.
/// </summary>
public sealed class RegularResponse
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

    /// <summary>The value of Content-Type, or null where there is no body.</summary>
    public string? ContentType { get; }

    /// <summary>The body; its length becomes Content-Length.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The fields beside those that the server writes, in the order they were added.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => _fields;

    internal ReadOnlySpan<KeyValuePair<string, string>> HeaderSpan => _fields;

    /// <summary>A Connection field of the answer lists "close": the connection ends after it (RFC 9112 §9.6).</summary>
    internal bool ClosesConnection { get; private init; }

    /// <summary>Plain text, as UTF-8.</summary>
    /// <param name="text">The text; a last line end is the caller's to give.</param>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    /// <exception cref="ArgumentException">The text isn't empty and the status, 204, 205 or 304, allows no body.</exception>
    public static RegularResponse Text(string text, int status = 200) =>
        new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text), []);

    /// <summary>An HTML page, as UTF-8, with status 200. Text from elsewhere in it is the caller's to encode.</summary>
    /// <param name="html">The page.</param>
    public static RegularResponse Html(string html) => new(200, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(html), []);

    /// <summary>A value as JSON, serialized now by generated metadata.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="info">The metadata, such as <c>MyContext.Default.MyType</c>.</param>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    /// <exception cref="ArgumentException">The status, 204, 205 or 304, allows no body.</exception>
    public static RegularResponse Json<T>(T value, JsonTypeInfo<T> info, int status = 200) =>
        new(status, "application/json", JsonSerializer.SerializeToUtf8Bytes(value, info), []);

    /// <summary>Bytes of any type. They are not copied: don't change them afterwards.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">The value of Content-Type, such as "image/png".</param>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    /// <exception cref="ArgumentException">
    /// The content type is empty or holds a control character or one above U+00FF, or the status allows no body.
    /// </exception>
    public static RegularResponse Bytes(ReadOnlyMemory<byte> body, string contentType, int status = 200)
    {
        ArgumentException.ThrowIfNullOrEmpty(contentType);
        ResponseFields.CheckValue(contentType, nameof(contentType));
        return new(status, contentType, body, []);
    }

    /// <summary>An answer without a body, such as 204 or a redirect.</summary>
    /// <param name="status">The status code, 200 to 599.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="status"/> isn't from 200 to 599.</exception>
    public static RegularResponse Empty(int status) => new(status, null, default, []);

    /// <summary>The same answer with one field more. A name may be added several times (Set-Cookie).</summary>
    /// <param name="name">A token. Content-Length, Content-Type, Date and Transfer-Encoding are the server's.</param>
    /// <param name="value">The value, written as ISO-8859-1.</param>
    /// <exception cref="ArgumentException">
    /// The name isn't a token or is the server's, or the value holds a control character or one above U+00FF.
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
