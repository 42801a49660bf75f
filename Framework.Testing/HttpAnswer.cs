using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Testing;

/// <summary>A response of the server, reduced to the needs of a test: the head, and a body of known length.</summary>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public static async Task<HttpAnswer> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        var head = Encoding.Latin1.GetString(await ReadHeadAsync(input, cancellationToken)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var fields = head.Skip(1)
            .Select(static line => line.Split(':', 2))
            .GroupBy(static parts => parts[0], static parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static group => group.Key, static group => string.Join(", ", group), StringComparer.OrdinalIgnoreCase);
        var status = int.Parse(head[0].AsSpan(9, 3), CultureInfo.InvariantCulture);
        var length = status != 101 && fields.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        return new HttpAnswer(status, fields, Encoding.UTF8.GetString(await ReadBytesAsync(input, length, cancellationToken)));
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes.</summary>
    public static async Task<byte[]> ReadBytesAsync(PipeReader input, int count, CancellationToken cancellationToken)
    {
        if (count == 0)
        {
            // A read of 0 bytes would wait until data arrives.
            return [];
        }

        var result = await input.ReadAtLeastAsync(count, cancellationToken);
        if (result.Buffer.Length < count)
        {
            throw new EndOfStreamException($"The connection ended after {result.Buffer.Length} of {count} bytes.");
        }

        var bytes = result.Buffer.Slice(0, count).ToArray();
        input.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    private static async Task<byte[]> ReadHeadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            if (TryFindEnd(result.Buffer, out var end))
            {
                var head = result.Buffer.Slice(0, end).ToArray();
                input.AdvanceTo(end);
                return head;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                throw new EndOfStreamException("The server closed the connection without an answer.");
            }
        }
    }

    private static bool TryFindEnd(ReadOnlySequence<byte> buffer, out SequencePosition end)
    {
        var reader = new SequenceReader<byte>(buffer);
        var isFound = reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8);
        end = reader.Position;
        return isFound;
    }
}
