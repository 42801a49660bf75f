using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>Several payload parameters in the JSON formats: members of the payload, by the rules of the protocol's context.</summary>
public class SeveralParametersTests
{
    private const string Handler = """
        using System.Text.Json;
        using System.Text.Json.Serialization;

        public sealed record Point(int X, int Y);

        [UpgradeProtocol("json", Path = "/", JsonContext = typeof(PlainJson))]
        [UpgradeProtocol("flat", Path = "/", Format = typeof(FlatJsonMessageFormat), JsonContext = typeof(PlainJson))]
        [UpgradeProtocol("web", Path = "/", JsonContext = typeof(WebJson))]
        [UpgradeProtocol("snake", Path = "/", JsonContext = typeof(SnakeJson))]
        [UpgradeProtocol("rpc", Path = "/", Format = typeof(JsonRpcMessageFormat), JsonContext = typeof(PlainJson))]
        public sealed class Board
        {
            [Message("move")]
            public string Move(int x, UpgradeConnection connection, int orderId = 7, string? Note = null, Point? to = null) =>
                $"{x} {orderId} {Note ?? "-"} {to?.X ?? -1}";

            [Message("one", Versions = ["json", "flat", "web", "snake"])]
            public int One(Point to) => to.X + to.Y;

            [Message("whole", Versions = ["json", "flat", "web", "snake"])]
            public int Whole([Payload] Point to) => to.X - to.Y;

            [Message("about")]
            public string About(MessageId id, MessageName name, MessageTag tag) => $"{id} {name} {tag}";

            [AnyMessage]
            public string Other(MessageName name, MessageId id) => $"other {name} {id}";
        }

        [JsonSerializable(typeof(Point)), JsonSerializable(typeof(int)), JsonSerializable(typeof(string))]
        public partial class PlainJson : JsonSerializerContext;

        [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
        [JsonSerializable(typeof(Point)), JsonSerializable(typeof(int)), JsonSerializable(typeof(string))]
        public partial class WebJson : JsonSerializerContext;

        [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
        [JsonSerializable(typeof(Point)), JsonSerializable(typeof(int)), JsonSerializable(typeof(string))]
        public partial class SnakeJson : JsonSerializerContext;
        """;

    [Theory]
    [InlineData("json", """{"type":"move","id":1,"data":{"x":3}}""", "3 7 - -1")]
    [InlineData("json", """{"type":"move","id":1,"data":{"Note":"n","unknown":[1],"orderId":8,"x":3,"to":{"X":5,"Y":6}}}""", "3 8 n 5")]
    [InlineData("json", """{"type":"move","id":1,"data":[3,8,"n",{"X":5,"Y":6}]}""", "3 8 n 5")]
    [InlineData("json", """{"type":"move","id":1,"data":{"x":3,"orderid":8}}""", "3 7 - -1")]
    [InlineData("flat", """{"type":"move","id":1,"x":3,"orderId":8,"Note":"n"}""", "3 8 n -1")]
    [InlineData("flat", """{"x":3,"id":1,"type":"move"}""", "3 7 - -1")]
    [InlineData("web", """{"type":"move","id":1,"data":{"x":3,"orderId":8,"note":"n"}}""", "3 8 n -1")]
    [InlineData("web", """{"type":"move","id":1,"data":{"X":3,"ORDERID":8,"NOTE":"n"}}""", "3 8 n -1")]
    [InlineData("snake", """{"type":"move","id":1,"data":{"x":3,"order_id":8,"note":"n"}}""", "3 8 n -1")]
    [InlineData("snake", """{"type":"move","id":1,"data":{"x":3,"orderId":8}}""", "3 7 - -1")]
    public async Task Members_are_bound_by_name(string protocol, string message, string expected) =>
        Assert.Equal($$"""{"type":"reply","id":1,"data":"{{expected}}"}""", await AskAsync(protocol, message));

    [Theory]
    [InlineData("json", """{"type":"one","id":1,"data":{"X":5,"Y":6}}""", "11")]
    [InlineData("flat", """{"type":"one","id":1,"X":5,"Y":6}""", "11")]
    [InlineData("web", """{"type":"one","id":1,"data":{"x":5,"y":6}}""", "11")]
    [InlineData("json", """{"type":"whole","id":1,"data":{"X":5,"Y":6}}""", "-1")]
    [InlineData("snake", """{"type":"whole","id":1,"data":{"x":5,"y":6}}""", "-1")]
    public async Task A_single_parameter_takes_the_payload_whole(string protocol, string message, string expected) =>
        Assert.Equal($$"""{"type":"reply","id":1,"data":{{expected}}}""", await AskAsync(protocol, message));

    [Theory]
    [InlineData("json", """{"type":"move","id":1,"data":{"x":3,"x":4}}""", "The parameter 'x' appears twice.")]
    [InlineData("flat", """{"type":"move","id":1,"x":3,"orderId":1,"x":4}""", "The parameter 'x' appears twice.")]
    [InlineData("web", """{"type":"move","id":1,"data":{"x":3,"X":4}}""", "The parameter 'x' appears twice.")]
    [InlineData("json", """{"type":"move","id":1,"data":{"orderId":3}}""", "The parameter 'x' is missing.")]
    [InlineData("json", """{"type":"move","id":1}""", "The parameter 'x' is missing.")]
    [InlineData("json", """{"type":"move","id":1,"data":{"x":"3"}}""", "The parameter 'x': ")]
    [InlineData("json", """{"type":"move","id":1,"data":7}""", "The parameters must be an object or an array.")]
    [InlineData("snake", """{"type":"move","id":1,"data":{"x":3,"order_id":null}}""", "The parameter 'order_id': ")]
    public async Task An_invalid_payload_is_reported_in_the_error(string protocol, string message, string problem)
    {
        var answer = await AskAsync(protocol, message);

        Assert.StartsWith($$"""{"type":"error","id":1,"code":"invalid_payload","message":"{{problem}}""", answer, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "U1")]
    [InlineData("json", """{"type":"about","id":"a"}""", """\u0022a\u0022 about 0""")]
    [InlineData("flat", """{"type":"about","id":17}""", "17 about 0")]
    [InlineData("json", """{"type":"unheard","id":5}""", "other unheard 5")]
    [InlineData("flat", """{"type":"unheard","id":5}""", "other unheard 5")]
    public async Task The_parts_of_the_envelope_are_parameters_too(string protocol, string message, string expected) =>
        Assert.Contains($"\"data\":\"{expected}\"", await AskAsync(protocol, message), StringComparison.Ordinal);

    [Fact]
    public async Task One_method_serves_JSON_RPC_as_well() => Assert.Equal(
        """{"jsonrpc":"2.0","id":1,"result":"3 8 n -1"}""",
        await AskAsync("rpc", """{"jsonrpc":"2.0","id":1,"method":"move","params":{"x":3,"orderId":8,"note":"n"}}"""));

    private static async Task<string> AskAsync(string protocol, string message)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync("/", $"Sec-WebSocket-Protocol: {protocol}\r\n");
        await client.TextAsync(message);
        return await client.TextAsync();
    }
}
