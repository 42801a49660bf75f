namespace UpgradeProtocols;

/// <summary>
/// JSON-RPC 2.0 as text: <c>{"jsonrpc":"2.0","method":"say","params":{…},"id":7}</c>. The reply has a <c>result</c> or an
/// <c>error</c>. A call without an <c>id</c> is a notification, which never gets a reply. A method's parameters are bound
/// by name or position. The reply to a batch is one array. There are no streams. The notification <c>$/cancelRequest</c> with
/// <c>{"id":7}</c> cancels a call, as in the Language Server Protocol.
/// </summary>
/// <remarks>
/// The error code of a <see cref="MessageException"/> is its <see cref="MessageException.Number"/>, or its code if that is a number. For
/// any other code the error code is -32000 and the data is <c>{"code":"…"}</c>, with a member <c>data</c> if the exception has data.
/// </remarks>
[MessageFormat(
    MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.ServerRequests | MessageFormatFeatures.Parameters)]
public readonly struct JsonRpcMessageFormat : IMessageFormat
{
    /// <inheritdoc/>
    public static bool HasBatches => true;

    /// <inheritdoc/>
    public MessageKind Kind => MessageKind.Text;

    private static ReadOnlySpan<byte> Params => ",\"params\":"u8;

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => JsonRpcReader.TryRead(message, ref envelope);

    /// <inheritdoc/>
    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"jsonrpc\":\"2.0\""u8);
        if (header.Kind == EnvelopeKind.Cancel)
        {
            WriteCancel(output, header.Id);
            return;
        }

        if (header.Kind == EnvelopeKind.Call)
        {
            output.Write(",\"method\":\""u8);
            JsonEnvelope.WriteName(output, header.Name);
            output.WriteByte((byte)'"');
        }

        if (!header.Id.IsEmpty)
        {
            output.Write(",\"id\":"u8);
            output.Write(header.Id);
        }

        output.Write(header.Kind == EnvelopeKind.Call ? Params : ",\"result\":"u8);
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
        var start = output.PayloadStart;
        var isEmpty = output.Length == start;
        if (header.Kind == EnvelopeKind.Cancel)
        {
            // Only the brace of the notification is missing.
        }
        else if (header.Kind != EnvelopeKind.Call)
        {
            output.Write(isEmpty ? "null"u8 : default);
        }
        else if (isEmpty)
        {
            output.Truncate(start - Params.Length);
        }
        else if (output.WrittenFrom(start)[0] is not ((byte)'{' or (byte)'['))
        {
            // Parameters must be an object or an array: a single value becomes an array with one element.
            output.Insert(start, "["u8);
            output.WriteByte((byte)']');
        }

        output.WriteByte((byte)'}');
    }

    /// <inheritdoc/>
    public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
    {
        ArgumentNullException.ThrowIfNull(output);

        // A notification gets no reply. An unreadable message gets one, because it may have been a request.
        if (id.IsEmpty && failure.Kind is not (MessageErrorKind.Malformed or MessageErrorKind.InvalidMessage))
        {
            return true;
        }

        output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
        output.Write(id.IsEmpty ? "null"u8 : id);
        output.Write(",\"error\":{\"code\":"u8);
        var number = JsonRpcErrors.NumberOf(failure);
        output.WriteNumber(number ?? JsonRpcErrors.Application);
        output.Write(",\"message\":"u8);
        JsonEnvelope.WriteString(output, failure.Message);
        WriteData(output, number is null ? failure.Code : null, failure.Data);
        output.Write("}}"u8);
        return true;
    }

    private static void WriteCancel(MessageWriter output, ReadOnlySpan<byte> id)
    {
        output.Write(",\"method\":\""u8);
        output.Write(JsonRpcReader.CancelRequest);
        output.Write("\",\"params\":{\"id\":"u8);
        output.Write(id);
        output.WriteByte((byte)'}');
        output.MarkPayload();
    }

    private static void WriteData(MessageWriter output, string? code, ReadOnlySpan<byte> data)
    {
        if (code is null && data.IsEmpty)
        {
            return;
        }

        output.Write(",\"data\":"u8);
        if (code is null)
        {
            output.Write(data);
            return;
        }

        output.Write("{\"code\":"u8);
        JsonEnvelope.WriteString(output, code);
        if (!data.IsEmpty)
        {
            output.Write(",\"data\":"u8);
            output.Write(data);
        }

        output.WriteByte((byte)'}');
    }
}
