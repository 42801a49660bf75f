using System.Text;
using System.Text.Json;

namespace UpgradeProtocols;

/// <summary>
/// A format of text messages in which the message's name is a member of the payload: <c>{"type":"say","room":"a","text":"hi"}</c>.
/// The member's name is <c>type</c>, or the value of <see cref="UpgradeProtocolAttribute.Discriminator"/>. A member <c>id</c> requests a
/// reply as in <see cref="JsonMessageFormat"/>. A reply or stream item that is not an object is in the member <c>data</c>.
/// </summary>
/// <param name="discriminator">The name of the member that holds the message's name.</param>
[MessageFormat(
    MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.Streams | MessageFormatFeatures.ServerRequests
    | MessageFormatFeatures.Members)]
public readonly struct FlatJsonMessageFormat(string discriminator) : IMessageFormat
{
    private readonly byte[] _plainDiscriminator = Encoding.UTF8.GetBytes(discriminator);
    private readonly byte[] _discriminator = JsonEncodedText.Encode(discriminator).EncodedUtf8Bytes.ToArray();

    /// <summary>Creates the format with the member <c>type</c>.</summary>
    public FlatJsonMessageFormat()
        : this("type")
    {
    }

    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Text;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) =>
        JsonEnvelope.TryRead(message, _plainDiscriminator, isFlat: true, ref envelope);

    /// <inheritdoc/>
    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        JsonEnvelope.WriteTypeAndId(output, _discriminator, header);
        output.MarkPayload();
    }

    /// <inheritdoc/>
    public void WriteNoPayload(MessageWriter output)
    {
    }

    /// <inheritdoc/>
    public void WriteEnd(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        var payload = output.WrittenFrom(output.PayloadStart);
        if (payload.IsEmpty)
        {
            output.WriteByte((byte)'}');
        }
        else if (payload[0] != (byte)'{')
        {
            output.Insert(output.PayloadStart, ",\"data\":"u8);
            output.WriteByte((byte)'}');
        }
        else if (IsEmptyObject(payload))
        {
            output.Truncate(output.PayloadStart);
            output.WriteByte((byte)'}');
        }
        else
        {
            // The payload's members follow the envelope's in the same object. The payload's own brace closes it.
            payload[0] = (byte)',';
        }
    }

    /// <inheritdoc/>
    public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
    {
        ArgumentNullException.ThrowIfNull(output);
        JsonEnvelope.WriteError(output, _discriminator, id, failure);
        return true;
    }

    private static bool IsEmptyObject(ReadOnlySpan<byte> payload) =>
        payload[1..].TrimStart(" \r\n\t"u8) is [(byte)'}'];
}
