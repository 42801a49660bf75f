using System.Buffers;

namespace UpgradeProtocols;

/// <summary>What all frames have in common that say a message's length in front of it.</summary>
internal static class PrefixedMessage
{
    /// <summary>A frame up to this size is asked for as a whole; a larger one may be spread over the output's segments.</summary>
    private const int SmallFrame = 4096;

    /// <summary>The first bytes of the buffer in one piece: as many as the scratch space holds, or as there are.</summary>
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

    /// <summary>Cuts a message out, once the prefix has told its length. Too large is seen before the message has come.</summary>
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

    /// <summary>Writes a prefix and what it stands in front of.</summary>
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
