using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Where the messages of a raw protocol begin and end in its stream of bytes. Implemented by structs without state, and used
/// through a generic constraint, so that calls are direct.
/// </summary>
public interface IMessageFraming
{
    /// <summary>Whether the messages are text or bytes.</summary>
    MessageKind Kind { get; }

    /// <summary>Looks for a whole message at the beginning of the buffer.</summary>
    /// <param name="buffer">The bytes that have arrived and weren't consumed yet.</param>
    /// <param name="maxMessageSize">How many bytes a message may have, its frame not counted.</param>
    /// <param name="examined">
    /// How many bytes of the buffer earlier calls have looked through in vain. The caller keeps it for the framing, unchanged,
    /// from one call to the next, and begins with 0; the framing sets it back to 0 with each message.
    /// </param>
    /// <param name="message">The message, a slice of the buffer, where the result is <see cref="FramingResult.Message"/>.</param>
    /// <param name="consumed">Where the next message begins; the beginning of the buffer where there is no message.</param>
    /// <returns>Whether there is a message, and if not, why.</returns>
    FramingResult TryRead(
        in ReadOnlySequence<byte> buffer,
        int maxMessageSize,
        ref long examined,
        out ReadOnlySequence<byte> message,
        out SequencePosition consumed);

    /// <summary>Writes a message with its frame.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The message's bytes.</param>
    /// <exception cref="ArgumentException">The framing can't carry such a message.</exception>
    void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message);
}
