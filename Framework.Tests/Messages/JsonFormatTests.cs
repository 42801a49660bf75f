using System.Text;
using System.Text.Json;
using CsCheck;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>The envelopes of the two JSON formats, read and written.</summary>
public class JsonFormatTests
{
    private static JsonMessageFormat Json => default;
    private static readonly FlatJsonMessageFormat s_flat = new();
    private static readonly string[] s_parts =
        ["{", "}", "\"type\"", ":", ",", "\"id\"", "\"data\"", "\"a\"", "7", "null", "[", "]", "\"\\ud800\"", " ", "\xff"];

    [Theory]
    [InlineData("""{"type":"say","id":7,"data":{"text":"hi"}}""")]
    [InlineData("""{"data":{"text":"hi"},"id":7,"type":"say"}""")]
    [InlineData("""{"id":7,"x":[1,{"type":"no"}],"type":"say","type2":null,"data":{"text":"hi"}}""")]
    [InlineData(""" { "id" : 7 , "type" : "say" , "data" : {"text":"hi"} } """)]
    [InlineData("""{"\u0074ype":"s\u0061y","\u0069d":7,"d\u0061ta":{"text":"hi"}}""")]
    public void Members_can_be_in_any_order_and_unknown_ones_are_ignored(string message)
    {
        var seen = Read(Json, message);

        Assert.Equal(("Call", "say", "7", """{"text":"hi"}"""), (seen.Kind, seen.Name, seen.Id, seen.Payload));
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("-1.5e300", "-1.5e300")]
    [InlineData("1e400", "1e400")]
    [InlineData("12345678901234567890123456789", "12345678901234567890123456789")]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"\\u00e9\\\"\"", "\"\\u00e9\\\"\"")]
    [InlineData("\"\\ud800\"", "\"\\ud800\"")]
    public void An_id_is_kept_as_it_was_written(string id, string expected)
    {
        Assert.Equal(expected, Read(Json, $$"""{"type":"say","id":{{id}}}""").Id);
        Assert.Equal(expected, Read(s_flat, $$"""{"id":{{id}},"type":"say"}""").Id);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("""{"a":1}""")]
    [InlineData("[1]")]
    public void An_id_that_is_neither_string_nor_number_is_a_problem(string id) =>
        Assert.Contains("'id'", Problem(Json, $$"""{"type":"say","id":{{id}}}"""), StringComparison.Ordinal);

    [Fact]
    public void The_length_of_an_id_is_limited()
    {
        var longest = "\"" + new string('x', 254) + "\"";

        Assert.Equal(longest, Read(Json, $$"""{"type":"say","id":{{longest}}}""").Id);
        Assert.Contains("256", Problem(Json, $$"""{"type":"say","id":"x{{longest[1..]}}}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"a","type":"b"}""", "type")]
    [InlineData("""{"type":"a","id":1,"id":2}""", "id")]
    [InlineData("""{"type":"a","data":1,"data":2}""", "data")]
    [InlineData("""{"type":"a","data":null,"data":null}""", "data")]
    [InlineData("""{"type":"","type":""}""", "type")]
    public void A_member_that_appears_twice_is_a_problem(string message, string member) =>
        Assert.Contains($"'{member}'", Problem(Json, message), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"type\"")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":"a"}x""")]
    [InlineData("""{"type":"a"}{}""")]
    [InlineData("""{"type":"a",}""")]
    [InlineData("""{"type":"a" /* no */}""")]
    [InlineData("{'type':'a'}")]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"type":"a"}""")]
    [InlineData("""{"type":"a","code":"\udc00"}""")]
    [InlineData("""{"type":"a","message":"\ud800x"}""")]
    public void Input_that_is_not_a_message_is_reported_and_never_throws(string message)
    {
        Assert.NotEmpty(Problem(Json, message));
        Assert.NotEmpty(Problem(s_flat, message));
    }

    [Theory]
    [InlineData("""{"id":7,"type":7}""")]
    [InlineData("""{"id":7}""")]
    [InlineData("""{"type":7.5,"id":7}""")]
    [InlineData("""{"id":7,"type":"a"}garbage""")]
    [InlineData("""{"id":7,"type":"a","data":[}""")]
    [InlineData("""{"id":7,"type":"\ud800"}""")]
    public void The_answer_to_an_unreadable_message_has_its_id_if_that_was_found(string message) =>
        Assert.Equal(message.StartsWith("""{"type":7.5""", StringComparison.Ordinal) ? "" : "7", Read(Json, message, isMessage: false).Id);

    [Fact]
    public void Nesting_is_limited()
    {
        var deep = new string('[', 10_000) + new string(']', 10_000);

        Assert.NotEmpty(Problem(Json, $$"""{"type":"a","data":{{deep}}}"""));
        Assert.NotEmpty(Problem(s_flat, $$"""{"type":"a","data":{{deep}}}"""));
    }

    [Theory]
    [InlineData("reply", "Reply")]
    [InlineData("error", "Error")]
    [InlineData("next", "Next")]
    [InlineData("complete", "Complete")]
    [InlineData("Reply", "Call")]
    [InlineData("completed", "Call")]
    [InlineData("", "Call")]
    public void Reserved_types_are_not_message_names(string type, string kind)
    {
        Assert.Equal(kind, Read(Json, $$"""{"type":"{{type}}"}""").Kind);
        Assert.Equal(kind, Read(s_flat, $$"""{"type":"{{type}}"}""").Kind);
    }

    [Fact]
    public void Any_input_is_read_or_reported() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 60],
            Gen.Int[0, s_parts.Length - 1].Array[0, 20].Select(parts => Encoding.Latin1.GetBytes(string.Concat(parts.Select(part => s_parts[part])))))
            .Sample(message =>
            {
                Try(Json, message);
                Try(s_flat, message);
            });

    [Fact]
    public void A_written_message_is_read_back() =>
        Gen.Select(Gen.String[0, 20].Where(IsText), Gen.OneOf(Gen.Const(""), Gen.Int.Select(i => $"{i}"), Gen.String[1, 20].Where(IsText).Select(s => JsonSerializer.Serialize(s))), Gen.String[0, 30].Where(IsText))
            .Where((name, id, _) => Encoding.UTF8.GetByteCount(id) <= 256 && name is not ("reply" or "error" or "next" or "complete"))
            .Sample((name, id, text) =>
            {
                var payload = JsonSerializer.Serialize(new { text });

                var seen = Read(Json, Write(Json, EnvelopeKind.Call, name, id, payload));
                Assert.Equal(("Call", name, id, payload), (seen.Kind, seen.Name, seen.Id, seen.Payload));
                var flat = Read(s_flat, Write(s_flat, EnvelopeKind.Call, name, id, payload));
                Assert.Equal(("Call", name, id), (flat.Kind, flat.Name, flat.Id));
                Assert.Equal(text, JsonDocument.Parse(flat.Payload).RootElement.GetProperty("text").GetString());
            });

    [Theory]
    [InlineData("""{"room":"a"}""", """{"type":"reply","id":7,"room":"a"}""")]
    [InlineData("{}", """{"type":"reply","id":7}""")]
    [InlineData("{ \n}", """{"type":"reply","id":7}""")]
    [InlineData("", """{"type":"reply","id":7}""")]
    [InlineData("[1]", """{"type":"reply","id":7,"data":[1]}""")]
    [InlineData("null", """{"type":"reply","id":7,"data":null}""")]
    [InlineData("\"{\"", """{"type":"reply","id":7,"data":"{"}""")]
    public void Flat_writes_an_objects_members_beside_its_own_and_any_other_payload_into_data(string payload, string expected) =>
        Assert.Equal(expected, Write(s_flat, EnvelopeKind.Reply, "", "7", payload));

    [Fact]
    public void Flat_uses_the_member_name_of_the_protocol()
    {
        var format = new FlatJsonMessageFormat("ev\"ent");
        var written = Write(format, EnvelopeKind.Call, "say", "", """{"type":"mine"}""");

        Assert.Equal("say", JsonDocument.Parse(written).RootElement.GetProperty("ev\"ent").GetString());
        Assert.Equal("say", Read(format, written).Name);
        Assert.Contains("ev\"ent", Problem(format, """{"type":"say"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Flat_returns_the_whole_message_as_its_payload() =>
        Assert.Equal("""{"room":"a","type":"say"}""", Read(s_flat, """{"room":"a","type":"say"}""").Payload);

    [Theory]
    [InlineData("""{"type":"reply","id":7,"data":5}""", "5")]
    [InlineData("""{"data":[1,{"a":2}],"id":7,"type":"reply"}""", """[1,{"a":2}]""")]
    [InlineData("""{"type":"reply","id":7,"data":null}""", "null")]
    [InlineData("""{"type":"next","id":7,"data":"x"}""", "\"x\"")]
    [InlineData("""{"type":"reply","id":7,"data":5,"more":6}""", """{"type":"reply","id":7,"data":5,"more":6}""")]
    [InlineData("""{"type":"reply","id":7,"data":{"a":1}}""", """{"type":"reply","id":7,"data":{"a":1}}""")]
    [InlineData("""{"type":"reply","id":7}""", """{"type":"reply","id":7}""")]
    [InlineData("""{"type":"say","id":7,"data":5}""", """{"type":"say","id":7,"data":5}""")]
    [InlineData("""{"type":"say","data":1,"data":{"a":1}}""", """{"type":"say","data":1,"data":{"a":1}}""")]
    public void Flat_reads_a_reply_that_is_not_an_object_from_data(string message, string payload) =>
        Assert.Equal(payload, Read(s_flat, message).Payload);

    [Fact]
    public void Errors_have_a_code_a_message_and_data()
    {
        Assert.Equal(
            """{"type":"error","id":"x","code":"full","message":"No \"room\".","data":{"max":3}}""",
            WriteError(Json, "\"x\"", new MessageError { Kind = MessageErrorKind.Application, Code = "full", Message = "No \"room\".", Data = """{"max":3}"""u8 }));
        Assert.Equal(
            """{"type":"error","code":"unknown_message","message":"?"}""",
            WriteError(s_flat, "", new MessageError { Kind = MessageErrorKind.UnknownMessage, Message = "?" }));
    }

    [Fact]
    public void Every_kind_of_error_has_its_own_code()
    {
        // Input that isn't JSON isn't a message either: a client handles both in the same way.
        var codes = Enum.GetValues<MessageErrorKind>()
            .Where(kind => kind != MessageErrorKind.Malformed)
            .Select(kind => JsonDocument.Parse(WriteError(Json, "", new MessageError { Kind = kind, Message = "" })).RootElement.GetProperty("code").GetString())
            .ToArray();

        Assert.Equal(codes.Length, codes.Distinct().Count());
    }

    [Fact]
    public void An_error_is_read_with_its_data()
    {
        const string error = """{"type":"error","id":7,"data":{"max":3},"code":"full","message":"x"}""";

        Assert.Equal("""{"max":3}""", Read(Json, error).Payload);
        Assert.Equal("""{"max":3}""", Read(s_flat, error).Payload);
        Assert.Equal("", Read(s_flat, """{"type":"error","id":7}""").Payload);
        Assert.Equal("""{"type":"a","data":1,"data":2}""", Read(s_flat, """{"type":"a","data":1,"data":2}""").Payload);
    }

    [Fact]
    public void An_error_is_read_with_its_code_and_message()
    {
        var envelope = default(MessageEnvelope);

        Assert.True(Json.TryRead("""{"message":"No.","id":3,"code":"full","type":"error"}"""u8, ref envelope));

        Assert.Equal((EnvelopeKind.Error, "full", "No."), (envelope.Kind, envelope.ErrorCode, envelope.ErrorMessage));
    }

    [Fact]
    public void A_raw_message_is_its_payload()
    {
        var format = new RawMessageFormat();
        var seen = Read(format, "any \xff thing");

        Assert.Equal(("Call", "", "", "any \xff thing"), (seen.Kind, seen.Name, seen.Id, seen.Payload));
        Assert.Equal("payload", Write(format, EnvelopeKind.Reply, "name", "7", "payload"));
        Assert.Equal("", WriteError(format, "7", new MessageError { Kind = MessageErrorKind.Internal, Message = "x" }));
    }

    private static bool IsText(string text) => !text.Any(char.IsSurrogate);

    private static void Try<TFormat>(TFormat format, byte[] message)
        where TFormat : struct, IMessageFormat
    {
        var envelope = default(MessageEnvelope);
        var isMessage = format.TryRead(message, ref envelope);
        Assert.Equal(isMessage, envelope.Problem is null);
    }

    private static Seen Read<TFormat>(TFormat format, string message, bool isMessage = true)
        where TFormat : struct, IMessageFormat
    {
        var envelope = default(MessageEnvelope);
        Assert.Equal(isMessage, format.TryRead(Bytes(message), ref envelope));
        return new Seen(envelope.Kind.ToString(), Text(envelope.Name), Text(envelope.Id), Text(envelope.Payload), envelope.Problem);
    }

    private static string Problem<TFormat>(TFormat format, string message)
        where TFormat : struct, IMessageFormat => Read(format, message, isMessage: false).Problem ?? "";

    private static string Write<TFormat>(TFormat format, EnvelopeKind kind, string name, string id, string payload)
        where TFormat : struct, IMessageFormat
    {
        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = kind, Name = Bytes(name), Id = Bytes(id) };
        format.WriteStart(output, header);
        output.Write(Bytes(payload));
        format.WriteEnd(output, header);
        var written = Text(output.Written);
        output.Return();
        return written;
    }

    private static string WriteError<TFormat>(TFormat format, string id, in MessageError failure)
        where TFormat : struct, IMessageFormat
    {
        var output = MessageWriter.Rent();
        var hasErrors = format.WriteError(output, Bytes(id), failure);
        var written = Text(output.Written);
        Assert.Equal(hasErrors, written.Length > 0);
        output.Return();
        return written;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private sealed record Seen(string Kind, string Name, string Id, string Payload, string? Problem);
}
