using System.Buffers.Text;

namespace UpgradeProtocols;

/// <summary>
/// A message format: the envelope around a payload. A <see langword="struct"/> with a <see cref="MessageFormatAttribute"/> implements it.
/// The framework calls it through a generic constraint, so that the calls are direct. An instance is created once for each protocol
/// and must be safe for concurrent use.
/// </summary>
public interface IMessageFormat
{
    /// <summary>The kind of the frames: text or binary.</summary>
    MessageKind Kind { get; }

    /// <summary>Reads a message's envelope without parsing the payload.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="envelope">
    /// The envelope. If the message is invalid, it has the <see cref="MessageEnvelope.Problem"/> and, if one was found, the id.
    /// </param>
    /// <returns>Whether the message is valid in this format.</returns>
    bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope);

    /// <summary>Writes the part before the payload.</summary>
    /// <param name="output">The writer of the message.</param>
    /// <param name="header">The kind, name or tag, and id of the message.</param>
    void WriteStart(MessageWriter output, in MessageHeader header);

    /// <summary>Writes the placeholder of an absent payload, such as <c>{}</c>.</summary>
    /// <param name="output">The writer of the message.</param>
    void WriteNoPayload(MessageWriter output);

    /// <summary>Writes the part after the payload. The payload is everything written since <see cref="WriteStart"/>.</summary>
    /// <param name="output">The writer of the message.</param>
    /// <param name="header">The header that <see cref="WriteStart"/> received.</param>
    void WriteEnd(MessageWriter output, in MessageHeader header);

    /// <summary>Writes a complete error reply.</summary>
    /// <param name="output">The writer of the message.</param>
    /// <param name="id">The id of the call that failed; empty if it had none.</param>
    /// <param name="failure">The error.</param>
    /// <returns>
    /// Whether the format has error replies. If it returns <see langword="true"/> without writing anything, the peer gets
    /// no reply to this failure.
    /// </returns>
    bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure);

    /// <summary>
    /// Whether only calls with an id get a reply; <see langword="true"/> by default. If it is <see langword="false"/>, every result of a
    /// method is sent.
    /// </summary>
    static virtual bool RepliesNeedId => true;

    /// <summary>
    /// Whether a frame may be a JSON array of messages. They are handled in order, and their replies are sent in one array;
    /// <see langword="false"/> by default.
    /// </summary>
    static virtual bool HasBatches => false;

    /// <summary>
    /// The length of the first message in a frame that holds several messages, its separator included; the whole frame by default. Each
    /// message is read by <see cref="TryRead"/>, counts for the rate limit, and is answered by a message of its own.
    /// </summary>
    /// <param name="frame">The rest of the frame; never empty.</param>
    /// <returns>The length in bytes, at least 1. A length beyond the frame means the whole rest.</returns>
    static virtual int FirstMessageLength(ReadOnlySpan<byte> frame) => frame.Length;

    /// <summary>
    /// Whether calls in progress must have different ids; <see langword="false"/> by default. If it is <see langword="true"/>, a call with
    /// the id of another one that hasn't ended fails with <see cref="MessageErrorKind.InvalidId"/>.
    /// </summary>
    static virtual bool IdsAreUnique => false;

    /// <summary>
    /// The Close that answers an error in place of <see cref="WriteError"/>, for protocols that have close codes of their own;
    /// <see langword="null"/>, the default, for errors with an error reply.
    /// </summary>
    /// <param name="id">The id of the call that failed; empty if it had none.</param>
    /// <param name="failure">The error.</param>
    /// <returns>The code and reason, or <see langword="null"/>.</returns>
    static virtual MessageClose? CloseFor(ReadOnlySpan<byte> id, in MessageError failure) => null;

    /// <summary>
    /// Whether a connection has at most one server request in progress (OCPP-J 1.6 §4.1.1); <see langword="false"/> by default. If it is
    /// <see langword="true"/>, a request waits until the requests before it are answered or timed out, and its own timeout starts when it
    /// is sent. The peer's calls are handled one at a time in every format, unless a message is declared
    /// <see cref="MessageAttribute.Concurrent"/>.
    /// </summary>
    static virtual bool OneRequestAtATime => false;

    /// <summary>Writes the id of a server request in the envelope's syntax; decimal digits by default.</summary>
    /// <param name="id">The request's number.</param>
    /// <param name="destination">The buffer to write to; at least 32 bytes.</param>
    /// <returns>The number of bytes written.</returns>
    static virtual int FormatRequestId(long id, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(id, destination, out var written);
        return written;
    }

    /// <summary>Reads the id of a reply to a server request.</summary>
    /// <param name="id">The id as the peer wrote it.</param>
    /// <param name="value">The request's number.</param>
    /// <returns>Whether it is an id that <see cref="FormatRequestId"/> writes.</returns>
    static virtual bool TryParseRequestId(ReadOnlySpan<byte> id, out long value) =>
        Utf8Parser.TryParse(id, out value, out var consumed) && consumed == id.Length;
}
