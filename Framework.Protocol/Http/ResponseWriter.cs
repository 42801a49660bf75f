using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Writes responses as HTTP/1.1 (RFC 9112 §4), also to HTTP/1.0 clients (RFC 9110 §2.5). Nothing is flushed here. Thread-safe for different
/// outputs.
/// </summary>
internal sealed class ResponseWriter(DateField date)
{
    /// <summary>The interim response that lets a client send its body (RFC 9110 §15.2.1).</summary>
    public static void WriteContinue(IBufferWriter<byte> output) => output.Write("HTTP/1.1 100 Continue\r\n\r\n"u8);

    /// <param name="output">The destination of the whole response.</param>
    /// <param name="response">The response.</param>
    /// <param name="isHead">Whether the request's method is HEAD: only the head is written (RFC 9110 §9.3.2).</param>
    /// <param name="close">Whether the connection ends after this response; it also ends if the response itself lists "close".</param>
    public void Write(IBufferWriter<byte> output, RegularResponse response, bool isHead, bool close)
    {
        var head = new HeadWriter(output);
        WriteStatusAndDate(ref head, response.StatusCode, ReasonPhrases.Get(response.StatusCode));
        WriteContentFields(ref head, response);
        WriteConnection(ref head, response, close);
        foreach (var (name, value) in response.HeaderSpan)
        {
            if (!RegularResponse.IsConnection(name))
            {
                head.WriteField(name, value);
            }
        }

        head.Write("\r\n"u8);
        head.Complete();
        if (!isHead)
        {
            output.Write(response.Body.Span);
        }
    }

    /// <summary>Writes the response to a request that can't be accepted; the connection ends after it.</summary>
    public void WriteError(IBufferWriter<byte> output, HttpRequestError error, bool isHead) =>
        Write(output, error.ToResponse(), isHead, close: true);

    /// <summary>
    /// Writes the response that ends HTTP on this connection (RFC 9110 §15.2.2): the following bytes belong to the new protocol.
    /// </summary>
    /// <param name="output">The destination of the head.</param>
    /// <param name="upgradeToken">The chosen protocol as it was declared.</param>
    /// <param name="fields">Further headers, checked before a byte is written.</param>
    /// <exception cref="ArgumentException">A header isn't valid, or is one that this method writes.</exception>
    public void WriteSwitchingProtocols(
        IBufferWriter<byte> output, string upgradeToken, ReadOnlySpan<KeyValuePair<string, string>> fields)
    {
        ResponseFields.CheckValue(upgradeToken, nameof(upgradeToken));
        CheckSwitchingFields(fields);

        var head = new HeadWriter(output);
        WriteStatusAndDate(ref head, 101, "Switching Protocols"u8);
        head.WriteField("Connection", "Upgrade");
        head.WriteField("Upgrade", upgradeToken);
        foreach (var (name, value) in fields)
        {
            head.WriteField(name, value);
        }

        head.Write("\r\n"u8);
        head.Complete();
    }

    /// <summary>Checks the headers that an application adds to a 101, or to the 200 that replaces it over HTTP/2.</summary>
    /// <exception cref="ArgumentException">A header isn't valid, or is one that the server writes.</exception>
    public static void CheckSwitchingFields(ReadOnlySpan<KeyValuePair<string, string>> fields)
    {
        foreach (var (name, value) in fields)
        {
            ResponseFields.Check(name, value);
            if (RegularResponse.IsConnection(name) || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"The server writes {name} of a 101 itself.", nameof(fields));
            }
        }
    }

    private void WriteStatusAndDate(ref HeadWriter head, int statusCode, ReadOnlySpan<byte> reason)
    {
        head.Write("HTTP/1.1 "u8);
        head.Write(statusCode);
        head.Write(" "u8);
        head.Write(reason);
        head.Write("\r\nDate: "u8);
        head.Write(date.Value);
        head.Write("\r\n"u8);
    }

    // RFC 9110 §8.6: 204 must have no Content-Length; that of a 304 would be the 200's, which isn't known here.
    private static void WriteContentFields(ref HeadWriter head, RegularResponse response)
    {
        if (response.ContentType is { } contentType)
        {
            head.WriteField("Content-Type", contentType);
        }

        if (response.StatusCode is not (204 or 304))
        {
            head.Write("Content-Length: "u8);
            head.Write(response.Body.Length);
            head.Write("\r\n"u8);
        }
    }

    // One line combines the response's own options and the server's: "Upgrade, close".
    private static void WriteConnection(ref HeadWriter head, RegularResponse response, bool close)
    {
        var separator = "Connection: "u8;
        var isWritten = false;
        foreach (var (name, value) in response.HeaderSpan)
        {
            if (RegularResponse.IsConnection(name) && !string.IsNullOrWhiteSpace(value))
            {
                head.Write(separator);
                head.Write(value);
                separator = ", "u8;
                isWritten = true;
            }
        }

        if (close && !response.ClosesConnection)
        {
            head.Write(separator);
            head.Write("close"u8);
            isWritten = true;
        }

        if (isWritten)
        {
            head.Write("\r\n"u8);
        }
    }
}
