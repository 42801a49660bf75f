using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Binary messages, each after its length as a varint (LEB128): seven bits per byte, the least significant first, like protobuf's delimited
/// messages. A varint has at most five bytes and must use the shortest form.
/// </summary>
public readonly struct VarintLengthPrefixedFraming : IMessageFraming
{
    private const int MaxPrefix = 5;

    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        Span<byte> scratch = stackalloc byte[MaxPrefix];
        var result = ReadPrefix(PrefixedMessage.Peek(buffer, scratch), out var size, out var length);
        if (result == FramingResult.Message)
        {
            return PrefixedMessage.Cut(buffer, size, length, maxMessageSize, out message, out consumed);
        }

        message = default;
        consumed = buffer.Start;
        return result;
    }

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> prefix = stackalloc byte[MaxPrefix];
        var size = 0;
        var rest = (uint)message.Length;
        for (; rest > 0x7F; rest >>= 7)
        {
            prefix[size++] = (byte)(rest | 0x80);
        }

        prefix[size++] = (byte)rest;
        PrefixedMessage.Write(output, prefix[..size], message);
    }

    private static FramingResult ReadPrefix(ReadOnlySpan<byte> bytes, out int size, out uint length)
    {
        length = 0;
        for (size = 0; size < bytes.Length;)
        {
            var b = bytes[size];
            if (size == MaxPrefix - 1 && b > 0x0F)
            {
                // The length has more than 32 bits, or a sixth byte.
                return FramingResult.Malformed;
            }

            length |= (uint)(b & 0x7F) << (7 * size++);
            if (b < 0x80)
            {
                return b == 0 && size > 1 ? FramingResult.Malformed : FramingResult.Message;
            }
        }

        return FramingResult.NeedMore;
    }
}
