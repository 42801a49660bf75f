namespace UpgradeProtocols;

/// <summary>A format without an envelope: the message is the payload, and the catch-all method receives it as text or bytes.</summary>
[MessageFormat(MessageFormatFeatures.None)]
public readonly struct RawMessageFormat : IMessageFormat
{
    /// <inheritdoc/>
    public static bool RepliesNeedId => false;

    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        envelope.Payload = message;
        return true;
    }

    /// <inheritdoc/>
    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
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
