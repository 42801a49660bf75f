using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using UpgradeProtocols;

namespace Ocpp;

/// <summary>OCPP-J 1.6 (§4.2): <c>[2,"id","Action",{…}]</c>, <c>[3,"id",{…}]</c> and <c>[4,"id","code","description",{…}]</c>.</summary>
[MessageFormat(MessageFormatFeatures.Names | MessageFormatFeatures.Replies | MessageFormatFeatures.ServerRequests | MessageFormatFeatures.RequestsOnly)]
public readonly struct OcppMessageFormat : IMessageFormat
{
    public static bool OneRequestAtATime => true; // §4.1.1
    public MessageKind Kind => MessageKind.Text;

    public static int FormatRequestId(long id, Span<byte> destination) => Encoding.UTF8.GetBytes($"\"{id}\"", destination);
    public static bool TryParseRequestId(ReadOnlySpan<byte> id, out long value) => long.TryParse(id.Trim((byte)'"'), CultureInfo.InvariantCulture, out value);

    public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        envelope.Problem = "A message is [2,\"id\",\"Action\",{…}], [3,\"id\",{…}] or [4,\"id\",\"code\",\"description\",{…}], its id of at most 36 bytes.";
        try
        {
            var reader = new Utf8JsonReader(message);
            Take(ref reader, JsonTokenType.StartArray);
            Take(ref reader, JsonTokenType.Number);
            envelope.Kind = reader.GetInt32() switch { 2 => EnvelopeKind.Call, 3 => EnvelopeKind.Reply, 4 => EnvelopeKind.Error, _ => EnvelopeKind.Complete };
            if (envelope.Kind == EnvelopeKind.Complete)
            {
                return true; // An unknown type must be ignored (§4.1.3): it is read as the end of a stream that doesn't exist.
            }

            var id = Take(ref reader, JsonTokenType.String);
            envelope.Id = reader.ValueSpan.Length <= 36 ? message[id..(int)reader.BytesConsumed] : throw new JsonException();
            if (envelope.Kind == EnvelopeKind.Call)
            {
                Take(ref reader, JsonTokenType.String);
                envelope.Name = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
            }
            else if (envelope.Kind == EnvelopeKind.Error)
            {
                Take(ref reader, JsonTokenType.String);
                envelope.ErrorCode = reader.GetString();
                Take(ref reader, JsonTokenType.String);
                envelope.ErrorMessage = reader.GetString();
            }

            var start = Take(ref reader, JsonTokenType.StartObject);
            reader.Skip();
            envelope.Payload = message[start..(int)reader.BytesConsumed];
            Take(ref reader, JsonTokenType.EndArray);
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    public void WriteStart(MessageWriter output, in MessageHeader header)
    {
        output.Write(header.Kind == EnvelopeKind.Call ? "[2,"u8 : "[3,"u8);
        output.Write(header.Id.IsEmpty ? throw new InvalidOperationException("OCPP has no notifications: declare the method with a reply.") : header.Id);
        output.Write(header.Kind == EnvelopeKind.Call ? ",\""u8 : ","u8);
        output.Write(header.Name);
        output.Write(header.Kind == EnvelopeKind.Call ? "\","u8 : default);
    }

    public void WriteNoPayload(MessageWriter output) => output.Write("{}"u8);
    public void WriteEnd(MessageWriter output, in MessageHeader header) => output.Write("]"u8);

    public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
    {
        var (code, text) = (Encode(failure.Code ?? ErrorCodes.Of(failure.Kind)), Encode(failure.Message));
        output.Write(Encoding.UTF8.GetBytes($"[4,{(id.IsEmpty ? "\"-1\"" : Encoding.UTF8.GetString(id))},\"{code}\",\"{text}\",")); // -1: as in OCPP 2.0.1
        output.Write(failure.Data.IsEmpty ? "{}]"u8 : [.. failure.Data, (byte)']']);
        return true;
    }

    private static JsonEncodedText Encode(string text) => JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    private static int Take(ref Utf8JsonReader reader, JsonTokenType type) =>
        reader.Read() && reader.TokenType == type ? (int)reader.TokenStartIndex : throw new JsonException();
}
