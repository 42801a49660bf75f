using System.Buffers;

namespace UpgradeProtocols;

/// <summary>Common code of the framings that put a message's length in front of it.</summary>
internal static class PrefixedMessage
{
    /// <summary>The largest frame that requests one contiguous span; a larger one may be spread over the output's segments.</summary>
    private const int SmallFrame = 4096;

    /// <summary>The first bytes of the buffer as one span: at most the size of the scratch space.</summary>
    public static ReadOnlySpan<byte> Peek(in ReadOnlySequence<byte> buffer, Span<byte> scratch)
    {
        var first = buffer.FirstSpan;
        if (first.Length >= scratch.Length || buffer.IsSingleSegment)
        {
            return first[..Math.Min(first.Length, scratch.Length)];
        }

        var beginning = buffer.Slice(0, Math.Min(buffer.Length, scratch.Length));
        beginning.CopyTo(scratch);
        return scratch[..(int)beginning.Length];
    }

    /// <summary>
    /// Slices a message out of the buffer once the prefix has given its length. A message that is too large is detected before it arrives.
    /// </summary>
    public static FramingResult Cut(
        in ReadOnlySequence<byte> buffer,
        int prefixSize,
        uint length,
        int maxMessageSize,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        message = default;
        consumed = buffer.Start;
        if (length > maxMessageSize)
        {
            return FramingResult.TooLarge;
        }

        if (buffer.Length - prefixSize < length)
        {
            return FramingResult.NeedMore;
        }

        message = buffer.Slice(prefixSize, length);
        consumed = message.End;
        return FramingResult.Message;
    }

    /// <summary>Writes a prefix and the message after it.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> message)
    {
        var span = output.GetSpan((int)Math.Min((long)prefix.Length + message.Length, SmallFrame));
        prefix.CopyTo(span);
        var fitting = Math.Min(message.Length, span.Length - prefix.Length);
        message[..fitting].CopyTo(span[prefix.Length..]);
        output.Advance(prefix.Length + fitting);
        if (fitting < message.Length)
        {
            output.Write(message[fitting..]);
        }
    }
}
