using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>Bad input in JSON-RPC 2.0 is answered and the connection stays open (W9).</summary>
public class BadJsonRpcTests
{
    private const string Handler = """
        [UpgradeProtocol(Path = "/", Format = typeof(JsonRpcMessageFormat))]
        public sealed class Handler
        {
            [Message("add")] public int Add(int number) => number + 1;
            [Message("text")] public string Text([Payload] string text) => text;
            [Message("refuse")] public int Refuse() => throw new MessageException("no", "No.") { Number = 12 };
        }
        """;

    [Theory, Trait("rule", "W9")]
    [InlineData("x", -32700, "null")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":[1]}x""", -32700, "null")]
    [InlineData("7", -32600, "null")]
    [InlineData("{}", -32600, "null")]
    [InlineData("""{"id":7,"method":"add","params":[1]}""", -32600, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"\ud800"}""", -32600, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"nothing"}""", -32601, "7")]
    [InlineData("""{"id":"a","jsonrpc":"2.0","method":"add"}""", -32602, "\"a\"")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":[]}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":[1,2]}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":[null]}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":["x"]}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":[1e99]}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":{}}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":{"Number":1}}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":{"number":1,"number":1}}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"add","params":{"\ud800":1}}""", -32602, "7")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"text","params":[1]}""", -32602, "7")]
    [InlineData("""{"id":null,"jsonrpc":"2.0","method":"nothing"}""", -32601, "null")]
    [InlineData("""{"id":7,"jsonrpc":"2.0","method":"refuse"}""", 12, "7")]
    public async Task Each_bad_message_is_answered_with_an_error_and_the_id(string message, int code, string id)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.TextAsync(message);

            Assert.StartsWith($$"""{"jsonrpc":"2.0","id":{{id}},"error":{"code":{{code}},"message":""", await client.TextAsync(), StringComparison.Ordinal);
        }

        await client.TextAsync("[" + message + "]");
        Assert.StartsWith(
            code == -32700 ? """{"jsonrpc":"2.0","id":null,"error":{"code":-32700,""" : $$"""[{"jsonrpc":"2.0","id":{{id}},"error":{"code":{{code}},""",
            await client.TextAsync(),
            StringComparison.Ordinal);

        await client.TextAsync("""{"jsonrpc":"2.0","method":"add","params":[1],"id":8}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":8,"result":2}""", await client.TextAsync());
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData("""{"jsonrpc":"2.0","method":"nothing"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"add","params":["x"]}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"add"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"refuse"}""")]
    [InlineData("""{"jsonrpc":"2.0","result":1,"id":99}""")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"},"id":null}""")]
    [InlineData("""[{"jsonrpc":"2.0","method":"nothing"},{"jsonrpc":"2.0","result":1,"id":99}]""")]
    public async Task A_notification_or_an_unexpected_response_is_not_answered(string message)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync(message);
        await client.TextAsync("""{"jsonrpc":"2.0","method":"add","params":[1],"id":8}""");

        Assert.Equal("""{"jsonrpc":"2.0","id":8,"result":2}""", await client.TextAsync());
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_binary_message_closes_with_1003()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.FrameAsync(2, "[]"u8.ToArray());

        Assert.Equal(1003, (await client.UntilCloseAsync()).Code);
    }
}
