using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Text messages, one on each line. LF ends a line; a CR before the LF is not part of the message. Messages are written with LF, or with
/// CRLF if the message itself ends in CR. The reader of the message checks that the bytes are valid UTF-8.
/// </summary>
public readonly struct LineFraming : IMessageFraming
{
    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Text;

    /// <inheritdoc/>
    public FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        // Only new bytes are searched: a line that arrives byte by byte costs no more than one that arrives whole.
        if (buffer.Slice(examined).PositionOf((byte)'\n') is { } end)
        {
            examined = 0;
            return Cut(buffer.Slice(0, end), buffer, maxMessageSize, out message, out consumed);
        }

        examined = buffer.Length;
        message = default;
        consumed = buffer.Start;
        return WithoutCarriageReturn(buffer).Length > maxMessageSize ? FramingResult.TooLarge : FramingResult.NeedMore;
    }

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (message.Contains((byte)'\n'))
        {
            throw new ArgumentException("A line can't contain a line feed.", nameof(message));
        }

        // A CR at the end of the message would be read as part of the line ending.
        output.Write(message);
        output.Write(message.EndsWith("\r"u8) ? "\r\n"u8 : "\n"u8);
    }

    private static FramingResult Cut(
        in ReadOnlySequence<byte> line,
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed)
    {
        message = WithoutCarriageReturn(line);
        if (message.Length > maxMessageSize)
        {
            message = default;
            consumed = buffer.Start;
            return FramingResult.TooLarge;
        }

        consumed = buffer.GetPosition(1, line.End);
        return FramingResult.Message;
    }

    private static ReadOnlySequence<byte> WithoutCarriageReturn(in ReadOnlySequence<byte> line)
    {
        if (line.IsEmpty)
        {
            return line;
        }

        Span<byte> last = stackalloc byte[1];
        line.Slice(line.Length - 1).CopyTo(last);
        return last[0] == (byte)'\r' ? line.Slice(0, line.Length - 1) : line;
    }
}
