using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Finds where the messages of a raw protocol begin and end in its byte stream. Implementations are structs without state, used through a
/// generic constraint, so that calls are direct.
/// </summary>
public interface IMessageFraming
{
    /// <summary>Whether the messages are text or bytes.</summary>
    MessageKind Kind { get; }

    /// <summary>Looks for a whole message at the beginning of the buffer.</summary>
    /// <param name="buffer">The received bytes that haven't been consumed yet.</param>
    /// <param name="maxMessageSize">The maximum number of bytes of a message, without its frame.</param>
    /// <param name="examined">
    /// The number of bytes of the buffer that earlier calls have searched without a result. The caller keeps it for the framing, unchanged,
    /// from one call to the next, and starts with 0; the framing resets it to 0 with each message.
    /// </param>
    /// <param name="message">The message, a slice of the buffer, if the result is <see cref="FramingResult.Message"/>.</param>
    /// <param name="consumed">The position where the next message begins; the beginning of the buffer if there is no message.</param>
    /// <returns>Whether there is a message, and if not, why.</returns>
    FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed);

    /// <summary>Writes a message with its frame.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="message">The message's bytes.</param>
    /// <exception cref="ArgumentException">The framing can't carry such a message.</exception>
    void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message);
}
