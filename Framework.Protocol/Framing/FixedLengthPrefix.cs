using System.Buffers;
using System.Buffers.Binary;

namespace UpgradeProtocols;

/// <summary>
/// A length in four bytes, in either byte order. It is read as unsigned: a set top bit means a large message, not a negative length.
/// </summary>
internal static class FixedLengthPrefix
{
    public const int Size = sizeof(uint);

    public static FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        bool bigEndian,
        int maxMessageSize,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        Span<byte> scratch = stackalloc byte[Size];
        var prefix = PrefixedMessage.Peek(buffer, scratch);
        if (prefix.Length < Size)
        {
            message = default;
            consumed = buffer.Start;
            return FramingResult.NeedMore;
        }

        var length = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(prefix) : BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        return PrefixedMessage.Cut(buffer, Size, length, maxMessageSize, out message, out consumed);
    }
}
