using System.Buffers.Text;

namespace UpgradeProtocols;

/// <summary>
/// How messages stand in frames: the envelope around a payload. Implemented by a <see langword="struct"/> with a
/// <see cref="MessageFormatAttribute"/>; the framework calls it through a generic constraint, so that its methods are
/// called directly. An instance is made once for a protocol and must be safe for use by many threads.
/// </summary>
public interface IMessageFormat
{
    /// <summary>Whether messages travel as text or as binary frames.</summary>
    MessageKind Kind { get; }

    /// <summary>Reads a message's envelope. The payload isn't parsed.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="envelope">
    /// The envelope. For an invalid message it has the <see cref="MessageEnvelope.Problem"/> and, if there is one, the id.
    /// </param>
    /// <returns>Whether the message is one of this format.</returns>
    bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope);

    /// <summary>Writes the part of the message before the payload.</summary>
    /// <param name="output">The output.</param>
    /// <param name="header">The header of the message.</param>
    void WriteStart(MessageWriter output, in MessageHeader header);

    /// <summary>Writes what stands for a payload that is absent, such as <c>{}</c>.</summary>
    /// <param name="output">The output.</param>
    void WriteNoPayload(MessageWriter output);

    /// <summary>Writes what stands after the payload. The payload is what was written since <see cref="WriteStart"/>.</summary>
    /// <param name="output">The output.</param>
    /// <param name="header">The header that was given to <see cref="WriteStart"/>.</param>
    void WriteEnd(MessageWriter output, in MessageHeader header);

    /// <summary>Writes a whole error reply.</summary>
    /// <param name="output">The output.</param>
    /// <param name="id">The id of the failed call; empty if it had none.</param>
    /// <param name="failure">The error.</param>
    /// <returns>
    /// Whether the format has error replies. If it returns <see langword="true"/> and has written nothing, the peer gets no reply to this
    /// call.
    /// </returns>
    bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure);

    /// <summary>
    /// Whether a call is answered only if it has an id; <see langword="true"/> by default. Where it is
    /// <see langword="false"/>, what a method returns is sent whenever it returns something.
    /// </summary>
    static virtual bool RepliesNeedId => true;

    /// <summary>
    /// Whether a frame may be a JSON array of messages, handled in their order, whose replies go back in one array;
    /// <see langword="false"/> by default.
    /// </summary>
    static virtual bool HasBatches => false;

    /// <summary>
    /// Whether a connection has at most one outgoing request in progress (OCPP-J 1.6 §4.1.1); <see langword="false"/> by default. If it is
    /// <see langword="true"/>, a request waits until the earlier requests are answered or timed out, and its timeout starts when it is sent.
    /// In every format, calls of the peer are handled one at a time, unless a message is <see cref="MessageAttribute.Concurrent"/>.
    /// </summary>
    static virtual bool OneRequestAtATime => false;

    /// <summary>Writes the id of a request of our own, as it stands in the envelope; decimal digits by default.</summary>
    /// <param name="id">The request's number.</param>
    /// <param name="destination">Where to; 32 bytes at least.</param>
    /// <returns>The number of bytes written.</returns>
    static virtual int FormatRequestId(long id, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(id, destination, out var written);
        return written;
    }

    /// <summary>Reads the id of a reply to a request of our own.</summary>
    /// <param name="id">The id as the peer wrote it.</param>
    /// <param name="value">The request's number.</param>
    /// <returns>Whether it is one that <see cref="FormatRequestId"/> writes.</returns>
    static virtual bool TryParseRequestId(ReadOnlySpan<byte> id, out long value) =>
        Utf8Parser.TryParse(id, out value, out var consumed) && consumed == id.Length;
}
