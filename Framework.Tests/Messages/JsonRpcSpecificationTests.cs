using System.Text.Json.Nodes;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>The examples of JSON-RPC 2.0 (§7), sent to a handler with the methods that they call. Empty means no answer.</summary>
public class JsonRpcSpecificationTests
{
    private const string Handler = """
        using System.Linq;
        using System.Text.Json;

        [UpgradeProtocol(Path = "/", Format = typeof(JsonRpcMessageFormat), JsonContext = typeof(RpcJson))]
        public sealed class RpcHandler
        {
            [Message("subtract")] public int Subtract(int minuend, int subtrahend) => minuend - subtrahend;
            [Message("sum")] public int Sum([Payload] int[] numbers) => numbers.Sum();
            [Message("update")] public void Update([Payload] JsonElement values) { }
            [Message("notify_sum")] public void NotifySum([Payload] int[] numbers) { }
            [Message("notify_hello")] public void NotifyHello(int number) { }
            [Message("get_data")] public object[] GetData() => ["hello", 5];
        }

        [JsonSerializable(typeof(int)), JsonSerializable(typeof(int[])), JsonSerializable(typeof(object[])), JsonSerializable(typeof(string)), JsonSerializable(typeof(JsonElement))]
        public sealed partial class RpcJson : JsonSerializerContext;
        """;

    [Theory, Trait("rule", "W9")]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}""", """{"jsonrpc": "2.0", "result": 19, "id": 1}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}""", """{"jsonrpc": "2.0", "result": -19, "id": 2}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}""", """{"jsonrpc": "2.0", "result": 19, "id": 3}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}""", """{"jsonrpc": "2.0", "result": 19, "id": 4}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}""", "")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar"}""", "")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar", "id": "1"}""", """{"jsonrpc": "2.0", "error": {"code": -32601}, "id": "1"}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]""", """{"jsonrpc": "2.0", "error": {"code": -32700}, "id": null}""")]
    [InlineData("""{"jsonrpc": "2.0", "method": 1, "params": "bar"}""", """{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}""")]
    [InlineData(
        """
        [
          {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
          {"jsonrpc": "2.0", "method"
        ]
        """,
        """{"jsonrpc": "2.0", "error": {"code": -32700}, "id": null}""")]
    [InlineData("[]", """{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}""")]
    [InlineData("[1]", """[{"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}]""")]
    [InlineData(
        "[1,2,3]",
        """
        [
          {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
          {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
          {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null}
        ]
        """)]
    [InlineData(
        """
        [
          {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
          {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
          {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
          {"foo": "boo"},
          {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
          {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
        ]
        """,
        """
        [
          {"jsonrpc": "2.0", "result": 7, "id": "1"},
          {"jsonrpc": "2.0", "result": 19, "id": "2"},
          {"jsonrpc": "2.0", "error": {"code": -32600}, "id": null},
          {"jsonrpc": "2.0", "error": {"code": -32601}, "id": "5"},
          {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}
        ]
        """)]
    [InlineData(
        """
        [
          {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
          {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
        ]
        """,
        "")]
    public async Task An_example_of_the_specification_is_answered_as_specified(string request, string response)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync(request);
        await client.TextAsync("""{"jsonrpc":"2.0","method":"subtract","params":[0,0],"id":"last"}""");

        if (response.Length > 0)
        {
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(response), WithoutMessages(JsonNode.Parse(await client.TextAsync())!)));
        }

        Assert.Equal("""{"jsonrpc":"2.0","id":"last","result":0}""", await client.TextAsync());
        Assert.Empty(server.Logs.AboveDebug);
    }

    // The server chooses the text of an error's message (§5.1).
    private static JsonNode WithoutMessages(JsonNode answer)
    {
        IEnumerable<JsonNode?> all = answer as JsonArray is { } members ? members : [answer];
        foreach (var error in all.Select(one => one!["error"]).OfType<JsonObject>())
        {
            Assert.True(error.Remove("message"));
        }

        return answer;
    }
}
