namespace UpgradeProtocols;

/// <summary>
/// Binary messages: one byte for the message's tag, then the payload. A <c>string</c> and bytes are sent unchanged as the payload, other
/// types as JSON. A reply has the method's <see cref="MessageAttribute.ReplyTag"/>, or the message's own tag. There are no ids: replies are
/// in the order of their calls.
/// </summary>
[MessageFormat(MessageFormatFeatures.Tags | MessageFormatFeatures.Replies | MessageFormatFeatures.PlainPayloads, MinTag = 0, MaxTag = 255)]
public readonly struct ByteTagMessageFormat : IMessageFormat
{
    /// <inheritdoc/>
    public static bool RepliesNeedId => false;

    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        if (message.IsEmpty)
        {
            envelope.Problem = "A message must start with its tag, one byte.";
            return false;
        }

        envelope.Tag = message[0];
        envelope.Payload = message[1..];
        return true;
    }

    /// <inheritdoc/>
    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteByte((byte)header.Tag);
        output.MarkPayload();
    }

    /// <inheritdoc/>
    public void WriteNoPayload(MessageWriter output)
    {
    }

    /// <inheritdoc/>
    public void WriteEnd(MessageWriter output, in MessageHeader header)
    {
    }

    /// <inheritdoc/>
    public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
}
