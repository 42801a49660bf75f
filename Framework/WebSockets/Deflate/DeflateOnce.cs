using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>
/// Compresses a message by a deflater of its own. The result refers to nothing before it, so that it can be shared by all
/// connections that allow it (<see cref="DeflateAgreement.TakesCompressedOnce"/>).
/// </summary>
internal static class DeflateOnce
{
    /// <summary>Puts the payload of a frame with RSV1 into the buffer, which must be empty.</summary>
    public static ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> message, CompressionLevel level, MessageBuffer buffer)
    {
        using var deflate = new DeflateStream(new CompressedSink(buffer), level, leaveOpen: true);
        deflate.Write(message);
        deflate.Flush();
        var length = Finish(buffer);

        // What disposing writes, a final block, comes behind.
        deflate.Dispose();
        return buffer.Span[..length];
    }

    /// <summary>
    /// The length without the flush's tail (RFC 7692 §7.2.1), which is an empty stored block but for its first byte. Where a
    /// flush gave nothing, because there was nothing to compress, that byte is all of the message (§7.2.3.6).
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
