using System.Buffers;
using System.Globalization;

namespace UpgradeProtocols.Tests.Framing;

/// <summary>Netstrings: <c>5:hello,</c>, the length in decimal digits before each message.</summary>
internal readonly struct NetstringFraming : IMessageFraming
{
    private const int MaxDigits = 9;

    public MessageKind Kind => MessageKind.Text;

    public FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        message = default;
        consumed = buffer.Start;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> digits, (byte)':'))
        {
            return buffer.Length > MaxDigits ? FramingResult.Malformed : FramingResult.NeedMore;
        }

        if (digits.Length > MaxDigits || !int.TryParse(digits.ToArray(), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            return FramingResult.Malformed;
        }

        if (length > maxMessageSize)
        {
            return FramingResult.TooLarge;
        }

        if (reader.Remaining <= length)
        {
            return FramingResult.NeedMore;
        }

        reader.TryReadExact(length, out message);
        if (!reader.IsNext((byte)',', advancePast: true))
        {
            return FramingResult.Malformed;
        }

        consumed = reader.Position;
        return FramingResult.Message;
    }

    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        Span<byte> head = stackalloc byte[16];
        message.Length.TryFormat(head, out var digits, default, CultureInfo.InvariantCulture);
        head[digits] = (byte)':';
        output.Write(head[..(digits + 1)]);
        output.Write(message);
        output.Write(","u8);
    }
}
