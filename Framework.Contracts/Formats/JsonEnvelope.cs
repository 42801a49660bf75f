using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace UpgradeProtocols;

/// <summary>The shared code of the JSON formats: the reserved names of an envelope, and reading and writing of its members.</summary>
internal static class JsonEnvelope
{
    // The texts of errors are read by people: an apostrophe stays an apostrophe. The default encoder escapes characters that matter in HTML,
    // but a message is not part of a page.
    private static readonly JavaScriptEncoder s_texts = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    // Ids are echoed, and kept while a call is in progress: a peer must not be able to make that expensive.
    public const int MaxIdLength = 256;

    /// <summary>
    /// Reads an envelope whose name is in the member <paramref name="discriminator"/>. The payload is the member <c>data</c> or, if
    /// <paramref name="isFlat"/>, the object itself.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ReadOnlySpan<byte> discriminator, bool isFlat, ref MessageEnvelope envelope)
    {
        try
        {
            var reader = new Utf8JsonReader(message);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                envelope.Problem = "A message must be a JSON object.";
                return false;
            }

            if (!TryReadMembers(ref reader, message, discriminator, isFlat, ref envelope, out var hasOnlyData))
            {
                return false;
            }

            // The reader throws if anything follows the object.
            reader.Read();
            envelope.Kind = KindOf(envelope.Name);
            if (isFlat && envelope.Kind != EnvelopeKind.Error && !(hasOnlyData && envelope.Kind is EnvelopeKind.Reply or EnvelopeKind.Next))
            {
                envelope.Payload = message;
            }

            return true;
        }
        catch (JsonException e)
        {
            envelope.Problem = $"The message is not valid JSON (byte {e.BytePositionInLine}).";
            return false;
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for a string with an unpaired surrogate, but only when the string's value is read.
            envelope.Problem = "The message has a name that is not valid Unicode.";
            return false;
        }
    }

    /// <summary>Returns the reader's current string, unescaped.</summary>
    public static ReadOnlySpan<byte> TextOf(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        if (!reader.ValueIsEscaped)
        {
            return message.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        var buffer = new byte[reader.ValueSpan.Length];
        return buffer.AsSpan(0, reader.CopyString(buffer));
    }

    public static ReadOnlySpan<byte> SkipValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return message[start..(int)reader.BytesConsumed];
    }

    /// <summary>Writes <c>{"type":"name","id":7</c>, the start of every envelope.</summary>
    public static void WriteTypeAndId(MessageWriter output, ReadOnlySpan<byte> discriminator, in MessageHeader header)
    {
        output.Write("{\""u8);
        output.Write(discriminator);
        output.Write("\":\""u8);
        WriteType(output, header);
        output.WriteByte((byte)'"');
        if (!header.Id.IsEmpty)
        {
            output.Write(",\"id\":"u8);
            output.Write(header.Id);
        }
    }

    /// <summary>Writes the error reply of both JSON formats: its members are in the same object as the type.</summary>
    public static void WriteError(MessageWriter output, ReadOnlySpan<byte> discriminator, ReadOnlySpan<byte> id, in MessageError failure)
    {
        WriteTypeAndId(output, discriminator, new MessageHeader { Kind = EnvelopeKind.Error, Id = id });
        output.Write(",\"code\":"u8);
        WriteString(output, failure.Code ?? NameOf(failure.Kind));
        output.Write(",\"message\":"u8);
        WriteString(output, failure.Message);
        if (!failure.Data.IsEmpty)
        {
            output.Write(",\"data\":"u8);
            output.Write(failure.Data);
        }

        output.WriteByte((byte)'}');
    }

    public static void WriteName(MessageWriter output, ReadOnlySpan<byte> name)
    {
        if (JavaScriptEncoder.Default.FindFirstCharacterToEncodeUtf8(name) < 0)
        {
            output.Write(name);
        }
        else
        {
            output.Write(JsonEncodedText.Encode(name).EncodedUtf8Bytes);
        }
    }

    public static void WriteString(MessageWriter output, string value)
    {
        output.WriteByte((byte)'"');
        output.Write(JsonEncodedText.Encode(value, s_texts).EncodedUtf8Bytes);
        output.WriteByte((byte)'"');
    }

    /// <summary>Returns the kind for the reserved type names of graphql-transport-ws; all other names are calls.</summary>
    private static EnvelopeKind KindOf(ReadOnlySpan<byte> type) => type.Length switch
    {
        5 when type.SequenceEqual("reply"u8) => EnvelopeKind.Reply,
        5 when type.SequenceEqual("error"u8) => EnvelopeKind.Error,
        4 when type.SequenceEqual("next"u8) => EnvelopeKind.Next,
        8 when type.SequenceEqual("complete"u8) => EnvelopeKind.Complete,
        _ => EnvelopeKind.Call,
    };

    private static string NameOf(MessageErrorKind kind) => kind switch
    {
        MessageErrorKind.InvalidMessage or MessageErrorKind.Malformed => "invalid_message",
        MessageErrorKind.UnknownMessage => "unknown_message",
        MessageErrorKind.InvalidPayload => "invalid_payload",
        MessageErrorKind.InvalidId => "invalid_id",
        MessageErrorKind.Forbidden => "forbidden",
        MessageErrorKind.LimitExceeded => "limit_exceeded",
        MessageErrorKind.Internal => "internal_error",
        MessageErrorKind.Cancelled => "cancelled",
        _ => "error",
    };

    private static bool TryReadMembers(
        scoped ref Utf8JsonReader reader,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> discriminator,
        bool isFlat,
        ref MessageEnvelope envelope,
        out bool hasOnlyData)
    {
        // A payload that isn't an object can't be merged with the envelope's members: it is in the member 'data'.
        hasOnlyData = false;
        var hasOthers = false;

        // A member can be present with an empty span, so separate flags record the members that were seen.
        var hasType = false;
        var hasData = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(discriminator))
            {
                if (hasType || !TryReadType(ref reader, message, ref envelope))
                {
                    return FailType(discriminator, ref envelope);
                }

                hasType = true;
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                if (hasData && !isFlat)
                {
                    envelope.Problem = "The member 'data' appears twice.";
                    return false;
                }

                hasData = true;
                reader.Read();
                hasOthers |= reader.TokenType == JsonTokenType.StartObject;
                envelope.Payload = SkipValue(ref reader, message);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                if (!TryReadId(ref reader, message, ref envelope))
                {
                    return false;
                }
            }
            else
            {
                hasOthers = true;
                ReadOther(ref reader, ref envelope);
            }
        }

        hasOnlyData = hasData && !hasOthers;

        return hasType || FailType(discriminator, ref envelope);
    }

    private static bool TryReadType(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        envelope.Name = TextOf(ref reader, message);
        return true;
    }

    // An id is a string or a number. It is kept exactly as the peer wrote it.
    private static bool TryReadId(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        if (!envelope.Id.IsEmpty)
        {
            envelope.Problem = "The member 'id' appears twice.";
            return false;
        }

        reader.Read();
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            envelope.Problem = "The member 'id' must be a string or a number.";
            return false;
        }

        var id = SkipValue(ref reader, message);
        if (id.Length > MaxIdLength)
        {
            envelope.Problem = $"The member 'id' is longer than {MaxIdLength} bytes.";
            return false;
        }

        envelope.Id = id;
        return true;
    }

    // Reads an error's code and message, and skips unknown members.
    private static void ReadOther(scoped ref Utf8JsonReader reader, ref MessageEnvelope envelope)
    {
        var isCode = reader.ValueTextEquals("code"u8);
        var isMessage = !isCode && reader.ValueTextEquals("message"u8);
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && isCode)
        {
            envelope.ErrorCode = reader.GetString();
        }
        else if (reader.TokenType == JsonTokenType.String && isMessage)
        {
            envelope.ErrorMessage = reader.GetString();
        }
        else
        {
            reader.Skip();
        }
    }

    private static bool FailType(ReadOnlySpan<byte> discriminator, ref MessageEnvelope envelope)
    {
        envelope.Problem = $"A message must have one member '{Encoding.UTF8.GetString(discriminator)}', a string.";
        return false;
    }

    private static void WriteType(MessageWriter output, in MessageHeader header)
    {
        switch (header.Kind)
        {
            case EnvelopeKind.Reply:
                output.Write("reply"u8);
                break;
            case EnvelopeKind.Next:
                output.Write("next"u8);
                break;
            case EnvelopeKind.Complete or EnvelopeKind.Cancel:
                output.Write("complete"u8);
                break;
            case EnvelopeKind.Error:
                output.Write("error"u8);
                break;
            default:
                WriteName(output, header.Name);
                break;
        }
    }
}
