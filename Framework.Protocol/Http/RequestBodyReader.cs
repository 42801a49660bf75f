using System.Buffers;
using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Reads the whole body of a request before the response or the upgrade. So no byte of a body is ever parsed as a head, and the bytes after
/// it belong to the new protocol (RFC 9112 §6, RFC 9110 §7.8).
/// </summary>
internal static class RequestBodyReader
{
    /// <summary>The refusal that is known before a byte of the body is read; it replaces the 100 (RFC 9110 §10.1.1).</summary>
    public static HttpRequestError? CheckDeclaredLength(BodyFraming framing, HttpLimits limits) =>
        framing.ContentLength > limits.MaxRequestBodySize ? TooLarge(limits) : null;

    /// <summary>
    /// Reads the body. Consumes exactly its bytes.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token, or the pipe's pending read, was cancelled.</exception>
    public static async ValueTask<RequestBody> ReadAsync(
        PipeReader input, BodyFraming framing, HttpLimits limits, CancellationToken cancellationToken)
    {
        if (CheckDeclaredLength(framing, limits) is { } refusal)
        {
            return new RequestBody(null, refusal);
        }

        var body = new PooledBuffer<byte>();
        var chunked = framing.Kind == RequestBodyKind.Chunked ? new ChunkedDecoder(limits) : null;
        try
        {
            var error = await ReadToEndAsync(input, body, framing.ContentLength, chunked, cancellationToken);
            return new RequestBody(error is null ? body.ToArray() : null, error);
        }
        finally
        {
            body.Release();
            chunked?.Release();
        }
    }

    public static HttpRequestError TooLarge(HttpLimits limits) =>
        new(413, $"The request body is larger than {limits.MaxRequestBodySize} bytes: send less, or send it after the upgrade.");

    private static async ValueTask<HttpRequestError?> ReadToEndAsync(
        PipeReader input, PooledBuffer<byte> body, long length, ChunkedDecoder? chunked, CancellationToken cancellationToken)
    {
        while (!IsComplete(body, length, chunked))
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            Take(ref buffer, body, length, chunked);

            // The bytes after the body stay unexamined too, so that the next read returns them without waiting.
            input.AdvanceTo(buffer.Start);
            if (chunked?.Error is { } error)
            {
                return error;
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("Reading the request body was cancelled.");
            }

            if (result.IsCompleted && !IsComplete(body, length, chunked))
            {
                return HttpRequestError.BadRequest("The connection ended within the request body: send the whole body.");
            }
        }

        return null;
    }

    private static bool IsComplete(PooledBuffer<byte> body, long length, ChunkedDecoder? chunked) =>
        chunked?.IsDone ?? body.Length == length;

    private static void Take(ref ReadOnlySequence<byte> buffer, PooledBuffer<byte> body, long length, ChunkedDecoder? chunked)
    {
        if (chunked is not null)
        {
            chunked.Decode(ref buffer, body);
            return;
        }

        var content = buffer.Slice(0, Math.Min(buffer.Length, length - body.Length));
        foreach (var piece in content)
        {
            body.Append(piece.Span);
        }

        buffer = buffer.Slice(content.End);
    }
}
