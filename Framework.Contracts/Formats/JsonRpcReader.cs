using System.Text;
using System.Text.Json;

namespace UpgradeProtocols;

/// <summary>A reader of JSON-RPC 2.0 messages (§4 and §5): requests, notifications and responses.</summary>
internal static class JsonRpcReader
{
    /// <summary>The notification that cancels a request: the Language Server Protocol's, which clients of JSON-RPC send.</summary>
    public static ReadOnlySpan<byte> CancelRequest => "$/cancelRequest"u8;

    [Flags]
    private enum Member
    {
        None = 0,
        Version = 1,
        Method = 2,
        Params = 4,
        Id = 8,
        Result = 16,
        Error = 32,
    }

    public static bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        try
        {
            var reader = new Utf8JsonReader(message);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                // Reads to the end first: invalid JSON is a different error.
                reader.Skip();
                reader.Read();
                envelope.Problem = "A message must be a JSON object.";
                return false;
            }

            var seen = ReadMembers(ref reader, message, ref envelope);

            // The reader throws if anything follows the object.
            reader.Read();
            return Conclude(seen, ref envelope);
        }
        catch (JsonException e)
        {
            // The id of a message that can't be parsed is null, even if the reader has found it (§5).
            envelope = new MessageEnvelope
            {
                IsMalformed = true,
                Problem = $"The message is not valid JSON (byte {e.BytePositionInLine}).",
            };
            return false;
        }
        catch (InvalidOperationException)
        {
            // The reader throws this for a string with an unpaired surrogate, but only when the string's value is read.
            envelope.Problem = "The message has a name that is not valid Unicode.";
            return false;
        }
    }

    // Continues after a problem: the id may follow.
    private static Member ReadMembers(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        var seen = Member.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberOf(ref reader);
            if ((seen & member) != 0)
            {
                envelope.Problem ??= $"The member '{NameOf(member)}' appears twice.";
            }

            seen |= member;
            reader.Read();
            switch (member)
            {
                case Member.Version:
                    if (reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("2.0"u8))
                    {
                        envelope.Problem ??= "The member 'jsonrpc' must be \"2.0\".";
                        reader.Skip();
                    }

                    break;
                case Member.Method:
                    if (reader.TokenType == JsonTokenType.String)
                    {
                        envelope.Name = JsonEnvelope.TextOf(ref reader, message);
                        break;
                    }

                    envelope.Problem ??= "The member 'method' must be a string.";
                    reader.Skip();
                    break;
                case Member.Params:
                    if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    {
                        envelope.Problem ??= "The member 'params' must be an object or an array.";
                    }

                    envelope.Payload = JsonEnvelope.SkipValue(ref reader, message);
                    break;
                case Member.Id:
                    ReadId(ref reader, message, ref envelope);
                    break;
                case Member.Result:
                    envelope.Payload = JsonEnvelope.SkipValue(ref reader, message);
                    break;
                case Member.Error:
                    ReadError(ref reader, message, ref envelope);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return seen;
    }

    private static bool Conclude(Member seen, ref MessageEnvelope envelope)
    {
        var isResponse = (seen & (Member.Result | Member.Error)) != 0;
        if (isResponse && (seen & (Member.Method | Member.Params)) != 0)
        {
            envelope.Problem ??= "A message is a request or a response, not both.";
        }
        else if ((seen & (Member.Result | Member.Error)) == (Member.Result | Member.Error))
        {
            envelope.Problem ??= "A response has either 'result' or 'error'.";
        }
        else if (!isResponse && (seen & Member.Method) == 0)
        {
            envelope.Problem ??= "A request has one member 'method', a string.";
        }

        if ((seen & Member.Version) == 0)
        {
            envelope.Problem ??= "The member 'jsonrpc' must be \"2.0\".";
        }

        if (isResponse && envelope.Problem is not null)
        {
            // A response's id belongs to a server request: it can't identify the peer's message in an error reply.
            envelope.Id = default;
        }

        envelope.Kind = (seen & Member.Error) != 0 ? EnvelopeKind.Error : isResponse ? EnvelopeKind.Reply : EnvelopeKind.Call;
        if (envelope.Kind == EnvelopeKind.Call && envelope.Problem is null && (seen & Member.Id) == 0 && envelope.Name.SequenceEqual(CancelRequest))
        {
            ReadCancel(ref envelope);
        }

        return envelope.Problem is null;
    }

    // {"id":7}. An id that no request has cancels nothing.
    private static void ReadCancel(ref MessageEnvelope envelope)
    {
        var parameters = envelope.Payload;
        envelope.Kind = EnvelopeKind.Cancel;
        envelope.Payload = default;
        var reader = new Utf8JsonReader(parameters);
        if (parameters.IsEmpty || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            reader.Read();
            var value = JsonEnvelope.SkipValue(ref reader, parameters);
            if (isId && value.Length <= JsonEnvelope.MaxIdLength)
            {
                envelope.Id = value;
            }
        }
    }

    // An id is a string, a number or null. It is kept exactly as the peer wrote it, including null.
    private static void ReadId(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        var isId = reader.TokenType is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null;
        var id = JsonEnvelope.SkipValue(ref reader, message);
        if (!isId)
        {
            envelope.Problem ??= "The member 'id' must be a string, a number or null.";
        }
        else if (id.Length > JsonEnvelope.MaxIdLength)
        {
            envelope.Problem ??= $"The member 'id' is longer than {JsonEnvelope.MaxIdLength} bytes.";
        }
        else
        {
            envelope.Id = id;
        }
    }

    private static void ReadError(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            envelope.Problem ??= "The member 'error' must be an object.";
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCode = reader.ValueTextEquals("code"u8);
            var isMessage = !isCode && reader.ValueTextEquals("message"u8);
            var isData = !isCode && !isMessage && reader.ValueTextEquals("data"u8);
            reader.Read();
            if (isCode && reader.TokenType == JsonTokenType.Number)
            {
                envelope.ErrorCode = Encoding.UTF8.GetString(reader.ValueSpan);
            }
            else if (isMessage && reader.TokenType == JsonTokenType.String)
            {
                envelope.ErrorMessage = reader.GetString();
            }
            else if (isData)
            {
                envelope.Payload = JsonEnvelope.SkipValue(ref reader, message);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static Member MemberOf(scoped ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("jsonrpc"u8) ? Member.Version
        : reader.ValueTextEquals("method"u8) ? Member.Method
        : reader.ValueTextEquals("params"u8) ? Member.Params
        : reader.ValueTextEquals("id"u8) ? Member.Id
        : reader.ValueTextEquals("result"u8) ? Member.Result
        : reader.ValueTextEquals("error"u8) ? Member.Error
        : Member.None;

    private static string NameOf(Member member) => member switch
    {
        Member.Version => "jsonrpc",
        Member.Method => "method",
        Member.Params => "params",
        Member.Id => "id",
        Member.Result => "result",
        _ => "error",
    };
}
