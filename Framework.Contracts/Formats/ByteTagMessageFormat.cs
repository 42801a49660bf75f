namespace UpgradeProtocols;

/// <summary>
/// A format of binary messages: one byte with the message's tag, then the payload. A <c>string</c> or bytes are an unencoded payload;
/// any other type is JSON. A method's result is sent with its <see cref="MessageAttribute.ReplyTag"/>, or with the message's own tag.
/// There are no ids: replies arrive in the order of their calls.
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
