using System.Text;
using System.Text.Json;
using CsCheck;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>The envelope of JSON-RPC 2.0, read and written.</summary>
public class JsonRpcFormatTests
{
    private static readonly string[] s_parts =
        ["{", "}", "\"jsonrpc\":\"2.0\"", "\"method\"", "\"params\"", "\"error\"", "\"result\"", ":", ",", "\"id\"", "\"a\"", "7", "null", "[", "]", "\"\\ud800\"", " ", "\xff"];

    private static JsonRpcMessageFormat Format => default;

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"say","params":{"a":1},"id":7}""")]
    [InlineData("""{"id":7,"params":{"a":1},"method":"say","jsonrpc":"2.0"}""")]
    [InlineData("""{"jsonrpc":"2.0","x":[{"id":1}],"method":"say","params":{"a":1},"id":7,"y":null}""")]
    [InlineData(""" {"jsonrpc" : "2.0" , "method":"s\u0061y", "p\u0061rams" : {"a":1} , "\u0069d":7 } """)]
    public void Members_can_be_in_any_order_and_unknown_ones_are_ignored(string message)
    {
        var seen = Read(message);

        Assert.Equal((EnvelopeKind.Call, "say", "7", """{"a":1}""", null), (seen.Kind, seen.Name, seen.Id, seen.Payload, seen.Problem));
    }

    [Theory]
    [InlineData("7", "7")]
    [InlineData("-1.5e300", "-1.5e300")]
    [InlineData("12345678901234567890123456789", "12345678901234567890123456789")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"\\u00e9\\\"\"", "\"\\u00e9\\\"\"")]
    [InlineData("null", "null")]
    public void An_id_is_kept_as_it_was_written(string id, string expected) =>
        Assert.Equal(expected, Read($$"""{"jsonrpc":"2.0","method":"say","id":{{id}}}""").Id);

    [Fact]
    public void A_request_without_an_id_is_a_notification() => Assert.Equal("", Read("""{"jsonrpc":"2.0","method":"say"}""").Id);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("{")]
    [InlineData("[1,")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","id":7}x""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"a",}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"a","params":[1,]}""")]
    [InlineData("7 7")]
    public void Input_that_is_not_JSON_is_malformed_and_has_no_id(string message)
    {
        var seen = Read(message);

        Assert.True(seen.IsMalformed);
        Assert.Equal("", seen.Id);
        Assert.Contains("not valid JSON", seen.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "object")]
    [InlineData("[1]", "object")]
    [InlineData("null", "object")]
    [InlineData("{}", "'method'")]
    [InlineData("""{"method":"a"}""", "'jsonrpc'")]
    [InlineData("""{"jsonrpc":"1.0","method":"a"}""", "'jsonrpc'")]
    [InlineData("""{"jsonrpc":2.0,"method":"a"}""", "'jsonrpc'")]
    [InlineData("""{"jsonrpc":{"a":[1]},"method":"a"}""", "'jsonrpc'")]
    [InlineData("""{"jsonrpc":"2.0","method":null}""", "'method'")]
    [InlineData("""{"jsonrpc":"2.0","method":["a"]}""", "'method'")]
    [InlineData("""{"jsonrpc":"2.0","params":[]}""", "'method'")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","params":null}""", "'params'")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","params":"x"}""", "'params'")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","id":true}""", "'id'")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","id":[1]}""", "'id'")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","method":"a"}""", "'method' appears twice")]
    [InlineData("""{"jsonrpc":"2.0","jsonrpc":"2.0","method":"a"}""", "'jsonrpc' appears twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","params":[],"params":[]}""", "'params' appears twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","id":null,"id":null}""", "'id' appears twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"a","result":1}""", "not both")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":1,"error":{}}""", "either")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"error":"x"}""", "'error'")]
    [InlineData("""{"jsonrpc":"2.0","method":"\ud800"}""", "Unicode")]
    public void JSON_that_is_not_a_request_is_a_problem(string message, string expected)
    {
        var seen = Read(message);

        Assert.False(seen.IsMalformed);
        Assert.Contains(expected, seen.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":7,"jsonrpc":"1.0","method":"a"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","method":1,"params":"x","id":"a"}""", "\"a\"")]
    [InlineData("""{"jsonrpc":"2.0","result":1,"error":{},"id":7}""", "")]
    public void An_invalid_request_keeps_its_id_and_a_response_has_none(string message, string id) => Assert.Equal(id, Read(message).Id);

    [Fact]
    public void The_length_of_an_id_is_limited()
    {
        var longest = "\"" + new string('x', 254) + "\"";

        Assert.Equal(longest, Read($$"""{"jsonrpc":"2.0","method":"a","id":{{longest}}}""").Id);
        Assert.Contains("256", Read($$"""{"jsonrpc":"2.0","method":"a","id":"x{{longest[1..]}}}""").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_and_an_error_are_read()
    {
        var reply = Read("""{"jsonrpc":"2.0","id":7,"result":[1]}""");
        Assert.Equal((EnvelopeKind.Reply, "7", "[1]"), (reply.Kind, reply.Id, reply.Payload));

        var error = Read("""{"jsonrpc":"2.0","error":{"data":{"a":1},"x":[2],"message":"no","code":-32601},"id":7}""");
        Assert.Equal((EnvelopeKind.Error, "7", """{"a":1}""", "-32601", "no"), (error.Kind, error.Id, error.Payload, error.ErrorCode, error.ErrorMessage));
    }

    [Theory]
    [InlineData("", """{"jsonrpc":"2.0","method":"say","id":7}""")]
    [InlineData("{}", """{"jsonrpc":"2.0","method":"say","id":7,"params":{}}""")]
    [InlineData("[1]", """{"jsonrpc":"2.0","method":"say","id":7,"params":[1]}""")]
    [InlineData("\"x\"", """{"jsonrpc":"2.0","method":"say","id":7,"params":["x"]}""")]
    [InlineData("null", """{"jsonrpc":"2.0","method":"say","id":7,"params":[null]}""")]
    public void Parameters_are_written_as_an_object_or_an_array(string payload, string expected) =>
        Assert.Equal(expected, Write(new MessageHeader { Kind = EnvelopeKind.Call, Name = "say"u8, Id = "7"u8 }, payload));

    [Theory]
    [InlineData("", """{"jsonrpc":"2.0","id":"a","result":null}""")]
    [InlineData("5", """{"jsonrpc":"2.0","id":"a","result":5}""")]
    public void A_reply_is_written(string payload, string expected) =>
        Assert.Equal(expected, Write(new MessageHeader { Kind = EnvelopeKind.Reply, Id = "\"a\""u8 }, payload));

    [Theory]
    [InlineData(MessageErrorKind.Malformed, null, "", "", -32700, null)]
    [InlineData(MessageErrorKind.InvalidMessage, null, "", "", -32600, null)]
    [InlineData(MessageErrorKind.UnknownMessage, null, "7", "", -32601, null)]
    [InlineData(MessageErrorKind.InvalidPayload, null, "7", "", -32602, null)]
    [InlineData(MessageErrorKind.Internal, null, "7", "", -32603, null)]
    [InlineData(MessageErrorKind.InvalidId, null, "7", "", -32600, null)]
    [InlineData(MessageErrorKind.Forbidden, null, "7", "", -32001, null)]
    [InlineData(MessageErrorKind.LimitExceeded, null, "7", "", -32002, null)]
    [InlineData(MessageErrorKind.Application, "-5", "7", "[1]", -5, "[1]")]
    [InlineData(MessageErrorKind.Application, "42", "7", "", 42, null)]
    [InlineData(MessageErrorKind.Application, "full", "7", "", -32000, """{"code":"full"}""")]
    [InlineData(MessageErrorKind.Application, "full", "7", "[1]", -32000, """{"code":"full","data":[1]}""")]
    [InlineData(MessageErrorKind.Application, "99999999999", "7", "", -32000, """{"code":"99999999999"}""")]
    public void An_error_has_a_number(MessageErrorKind kind, string? code, string id, string data, int number, string? written)
    {
        using var document = JsonDocument.Parse(WriteError(id, new MessageError { Kind = kind, Code = code, Message = "\"Oh\"", Data = Encoding.UTF8.GetBytes(data) }));
        var error = document.RootElement.GetProperty("error");

        Assert.Equal(id.Length == 0 ? "null" : id, document.RootElement.GetProperty("id").GetRawText());
        Assert.Equal((number, "\"Oh\""), (error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString()));
        Assert.Equal(written, error.TryGetProperty("data", out var value) ? value.GetRawText() : null);
    }

    [Fact]
    public void The_number_of_an_exception_takes_precedence_over_its_code() =>
        Assert.Equal(
            """{"jsonrpc":"2.0","id":7,"error":{"code":-32042,"message":"x"}}""",
            WriteError("7", new MessageError { Kind = MessageErrorKind.Application, Code = "full", Number = -32042, Message = "x" }));

    [Theory]
    [InlineData(MessageErrorKind.UnknownMessage)]
    [InlineData(MessageErrorKind.InvalidPayload)]
    [InlineData(MessageErrorKind.Application)]
    [InlineData(MessageErrorKind.Internal)]
    public void A_notification_is_never_answered(MessageErrorKind kind) =>
        Assert.Equal("", WriteError("", new MessageError { Kind = kind, Code = kind == MessageErrorKind.Application ? "x" : null, Message = "x" }));

    [Fact]
    public void No_input_throws() => Gen.Int[0, s_parts.Length - 1].Array[0, 30].Sample(parts =>
    {
        var bytes = Encoding.Latin1.GetBytes(string.Concat(parts.Select(part => s_parts[part])));
        var envelope = default(MessageEnvelope);
        return Format.TryRead(bytes, ref envelope) == envelope.Problem is null;
    });

    private static Seen Read(string message)
    {
        var envelope = default(MessageEnvelope);
        Assert.Equal(Format.TryRead(Encoding.UTF8.GetBytes(message), ref envelope), envelope.Problem is null);
        return new Seen(
            envelope.Kind,
            Encoding.UTF8.GetString(envelope.Name),
            Encoding.UTF8.GetString(envelope.Id),
            Encoding.UTF8.GetString(envelope.Payload),
            envelope.ErrorCode,
            envelope.ErrorMessage,
            envelope.Problem,
            envelope.IsMalformed);
    }

    private static string Write(in MessageHeader header, string payload)
    {
        var output = MessageWriter.Rent();
        Format.WriteStart(output, header);
        if (payload.Length == 0)
        {
            Format.WriteNoPayload(output);
        }

        output.Write(Encoding.UTF8.GetBytes(payload));
        Format.WriteEnd(output, header);
        var written = Encoding.UTF8.GetString(output.Written);
        output.Return();
        return written;
    }

    private static string WriteError(string id, in MessageError failure)
    {
        var output = MessageWriter.Rent();
        Assert.True(Format.WriteError(output, Encoding.UTF8.GetBytes(id), failure));
        var written = Encoding.UTF8.GetString(output.Written);
        output.Return();
        return written;
    }

    private sealed record Seen(
        EnvelopeKind Kind, string Name, string Id, string Payload, string? ErrorCode, string? ErrorMessage, string? Problem, bool IsMalformed);
}
