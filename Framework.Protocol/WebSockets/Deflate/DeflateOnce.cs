using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>
/// Compresses a message with its own deflater. The result refers to nothing before it, so that all connections that allow it can share it
/// (<see cref="DeflateAgreement.TakesCompressedOnce"/>).
/// </summary>
internal static class DeflateOnce
{
    /// <summary>Writes the payload of a frame with RSV1 to the buffer, which must be empty.</summary>
    public static ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> message, CompressionLevel level, MessageBuffer buffer)
    {
        using var deflate = new DeflateStream(new CompressedSink(buffer), level, leaveOpen: true);
        deflate.Write(message);
        deflate.Flush();
        var length = Finish(buffer);

        // Disposing writes a final block, after this length.
        deflate.Dispose();
        return buffer.Span[..length];
    }

    /// <summary>
    /// Returns the length without the flush's tail (RFC 7692 §7.2.1), which is an empty stored block without its first byte. If a flush
    /// wrote nothing, because there was nothing to compress, that byte is the whole message (§7.2.3.6).
    /// </summary>
    public static int Finish(MessageBuffer buffer)
    {
        if (buffer.Span.EndsWith((ReadOnlySpan<byte>)[0x00, 0x00, 0xFF, 0xFF]))
        {
            return buffer.Length - 4;
        }

        buffer.GetSpan(1)[0] = 0x00;
        buffer.Advance(1);
        return buffer.Length;
    }
}
