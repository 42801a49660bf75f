using System.Buffers;
using System.Buffers.Binary;

namespace UpgradeProtocols;

/// <summary>Binary messages, each after its length in four bytes, the most significant first (network order).</summary>
public readonly struct LengthPrefixedFraming : IMessageFraming
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
        FixedLengthPrefix.TryRead(buffer, bigEndian: true, maxMessageSize, out message, out consumed);

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> prefix = stackalloc byte[FixedLengthPrefix.Size];
        BinaryPrimitives.WriteInt32BigEndian(prefix, message.Length);
        PrefixedMessage.Write(output, prefix, message);
    }
}
