using System.Buffers;
using System.Buffers.Binary;

namespace UpgradeProtocols;

/// <summary>Binary messages, each after its length in four bytes, the least significant first.</summary>
public readonly struct LengthPrefixedLittleEndianFraming : IMessageFraming
{
    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed) =>
        FixedLengthPrefix.TryRead(buffer, bigEndian: false, maxMessageSize, out message, out consumed);

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> prefix = stackalloc byte[FixedLengthPrefix.Size];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, message.Length);
        PrefixedMessage.Write(output, prefix, message);
    }
}
