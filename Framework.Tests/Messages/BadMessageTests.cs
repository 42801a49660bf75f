using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>Bad input is answered and the connection stays open (W9).</summary>
public class BadMessageTests
{
    [Theory, Trait("rule", "W9")]
    [InlineData("x", "invalid_message", null)]
    [InlineData("[]", "invalid_message", null)]
    [InlineData("""{"id":7}""", "invalid_message", "7")]
    [InlineData("""{"id":"a","type":5}""", "invalid_message", "\"a\"")]
    [InlineData("""{"id":7,"type":"add","data":1}x""", "invalid_message", "7")]
    [InlineData("""{"id":7,"type":"\ud800"}""", "invalid_message", "7")]
    [InlineData("""{"\ud800":"x"}""", "invalid_message", null)]
    [InlineData("""{"id":null,"type":"add","data":1}""", "invalid_message", null)]
    [InlineData("""{"type":"add","id":true,"data":1}""", "invalid_message", null)]
    [InlineData("""{"type":"add","id":{"a":1},"data":1}""", "invalid_message", null)]
    [InlineData("""{"type":"add","id":[1],"data":1}""", "invalid_message", null)]
    [InlineData("""{"id":1.5,"type":"nothing"}""", "unknown_message", "1.5")]
    [InlineData("""{"id":"","type":"nothing"}""", "unknown_message", "\"\"")]
    [InlineData("""{"id":7,"type":""}""", "unknown_message", "7")]
    [InlineData("""{"id":7,"type":"nothing"}""", "unknown_message", "7")]
    [InlineData("""{"type":"nothing"}""", "unknown_message", null)]
    [InlineData("""{"id":7,"type":"add","data":"x"}""", "invalid_payload", "7")]
    [InlineData("""{"id":7,"type":"add","data":1e99}""", "invalid_payload", "7")]
    [InlineData("""{"id":7,"type":"add"}""", "invalid_payload", "7")]
    [InlineData("""{"id":7,"type":"text","data":null}""", "invalid_payload", "7")]
    [InlineData("""{"id":7,"type":"text","data":"\ud800"}""", "invalid_payload", "7")]
    public async Task Each_bad_message_is_answered_with_an_error_and_the_id(string message, string code, string? id)
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(new TestLife(), Dispatch)));
        var client = await server.OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.TextAsync(message);

            var idMember = id is null ? "" : $"\"id\":{id},";
            Assert.StartsWith("{\"type\":\"error\"," + idMember + $"\"code\":\"{code}\"", await client.TextAsync(), StringComparison.Ordinal);
        }

        await client.TextAsync("""{"id":8,"type":"add","data":1}""");
        Assert.Equal("""{"type":"reply","id":8,"data":2}""", await client.TextAsync());
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Theory]
    [InlineData("json", """{"type":"","id":1}""")]
    [InlineData("flat", """{"type":"","id":1}""")]
    [InlineData("rpc", """{"jsonrpc":"2.0","method":"","id":1}""")]
    public async Task An_empty_name_is_a_valid_name(string format, string message)
    {
        var life = new TestLife();
        HandlerDispatcher dispatcher = format switch
        {
            "flat" => new TestDispatcher<FlatJsonMessageFormat>(new FlatJsonMessageFormat(), life, TestProtocol.Nothing),
            "rpc" => new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), life, TestProtocol.Nothing),
            _ => new TestDispatcher<JsonMessageFormat>(new JsonMessageFormat(), life, TestProtocol.Nothing),
        };
        await using var server = new TestServer(builder => builder.AddProtocol(
            new ProtocolEntry { Path = "/", IsDefault = true, HandlerType = typeof(TestHandler), Dispatcher = dispatcher, Codec = TestProtocol.Codec }));
        var client = await server.OpenAsync();

        await client.TextAsync(message);

        Assert.Contains("has no message ''.", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData("""{"type":"add","id":null}""")]
    [InlineData("""{"type":"add","id":false}""")]
    public async Task A_flat_message_has_an_id_that_is_a_string_or_a_number_or_none(string message)
    {
        await using var server = new TestServer(builder => builder.AddProtocol(new ProtocolEntry
        {
            Path = "/",
            IsDefault = true,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestDispatcher<FlatJsonMessageFormat>(new FlatJsonMessageFormat(), new TestLife(), TestProtocol.Nothing),
        }));
        var client = await server.OpenAsync();

        await client.TextAsync(message);

        Assert.StartsWith("""{"type":"error","code":"invalid_message",""", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData("x")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Without_error_replies_a_payload_that_cannot_be_read_closes_the_connection(string message)
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            new TestLife(),
            static (TestHandler _, ref MessageCall<RawMessageFormat> call) =>
                call.TryRead(TestProtocol.Strings, out var text) ? call.Reply(text, TestProtocol.Strings) : default)));
        var client = await server.OpenAsync();
        await client.TextAsync("\"read\"");
        Assert.Equal("\"read\"", await client.TextAsync());

        await client.TextAsync(message);

        Assert.StartsWith("close 1007 ", (await client.FrameAsync()).ToString(), StringComparison.Ordinal);
    }

    // System.Text.Json throws a different exception if a name is half a surrogate pair: it is the peer's error as well.
    [Theory]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"b":1,"\udc00\n":{}}""")]
    [InlineData("""{"a":1,"\ud800":1}""")]
    [InlineData("""{"a":"\ud800"}""")]
    public async Task A_payload_with_half_a_surrogate_pair_is_an_invalid_payload(string payload)
    {
        var serializer = new ReflectionJsonCodec().GetSerializer<Pair>();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(
            new TestLife(),
            (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.TryRead(serializer, out var _) ? call.Done() : default)));
        var client = await server.OpenAsync();

        await client.TextAsync($$"""{"type":"x","id":1,"data":{{payload}}}""");

        Assert.StartsWith("""{"type":"error","id":1,"code":"invalid_payload",""", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Empty(server.Logs.AboveDebug);
    }

    private static ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        if (call.Name.SequenceEqual("add"u8))
        {
            return call.TryRead(TestProtocol.Numbers, out var number) ? call.Reply(number + 1, TestProtocol.Numbers) : default;
        }

        if (call.Name.SequenceEqual("text"u8))
        {
            return call.TryRead(TestProtocol.Strings, out var text) ? call.Reply(text, TestProtocol.Strings) : default;
        }

        return call.Unknown();
    }

    private sealed record Pair(string A, int B);
}
