namespace UpgradeProtocols;

/// <summary>
/// The default format, a text format: <c>{"type":"say","id":7,"data":{…}}</c>. The members may be in any order, and unknown members are
/// ignored. An <c>id</c> (a string or a number) requests a reply: <c>reply</c>, or <c>next</c>… and <c>complete</c> for a stream, or
/// <c>error</c> with <c>code</c> and <c>message</c>. A client cancels a call or a stream with <c>{"type":"complete","id":7}</c>.
/// </summary>
[MessageFormat(
    MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.Streams | MessageFormatFeatures.ServerRequests
    | MessageFormatFeatures.Members)]
public readonly struct JsonMessageFormat : IMessageFormat
{
    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Text;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) =>
        JsonEnvelope.TryRead(message, "type"u8, isFlat: false, ref envelope);

    /// <inheritdoc/>
    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        JsonEnvelope.WriteTypeAndId(output, "type"u8, header);
        if (header.Kind is not (EnvelopeKind.Complete or EnvelopeKind.Cancel))
        {
            output.Write(",\"data\":"u8);
        }

        output.MarkPayload();
    }

    /// <inheritdoc/>
    public void WriteNoPayload(MessageWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{}"u8);
    }

    /// <inheritdoc/>
    public void WriteEnd(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteByte((byte)'}');
    }

    /// <inheritdoc/>
    public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
    {
        ArgumentNullException.ThrowIfNull(output);
        JsonEnvelope.WriteError(output, "type"u8, id, failure);
        return true;
    }
}
