using System.Threading.RateLimiting;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>One frame with several calls: the answers, their order and their limits.</summary>
public class JsonRpcBatchTests
{
    private const string Handler = """
        [UpgradeProtocol(Path = "/", Format = typeof(JsonRpcMessageFormat), Client = typeof(IEvents))]
        public sealed class Handler(IClients<IEvents> clients)
        {
            private int _running;
            private int _calls;

            [Message("count")] public int Count() => ++_calls;
            [Message("late")] public async Task<int> LateAsync() { await Task.Yield(); return ++_calls; }
            [Message("alone", Concurrent = true)]
            public async Task<bool> AloneAsync()
            {
                var isAlone = Interlocked.Increment(ref _running) == 1;
                await Task.Delay(1);
                Interlocked.Decrement(ref _running);
                return isAlone;
            }

            [Message("fail")] public int Fail() => throw new InvalidOperationException("secret");
            [Message("failLate")] public async Task<int> FailLateAsync() { await Task.Yield(); throw new InvalidOperationException("secret"); }
            [Message("refuse")] public int Refuse() => throw new MessageException("-7", "No.");
            [Message("nothing")] public void Nothing() { }
            [Message("ask")] public async Task<int> AskAsync(UpgradeConnection connection) => await connection.Client<IEvents>().AskAsync("?") + 1;
            [Message("push")] public ValueTask PushAsync(string text, UpgradeConnection connection) => clients.Connection(connection.Id).SaidAsync(text);
        }

        [ClientContract]
        public interface IEvents
        {
            [Message("ask")] ValueTask<int> AskAsync(string question);
            [Message("said")] ValueTask SaidAsync(string text);
        }
        """;

    [Fact]
    public async Task The_answers_are_one_array_in_the_order_of_the_calls()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("late", 1)},{Call("nothing", 2)},{Call("refuse", 3)},{Call("count", 4)},{Call("nothing")},{Call("late", 5)}]");

        Assert.Equal(
            """[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"result":null},{"jsonrpc":"2.0","id":3,"error":{"code":-7,"message":"No."}},{"jsonrpc":"2.0","id":4,"result":2},{"jsonrpc":"2.0","id":5,"result":3}]""",
            await client.TextAsync());
    }

    [Fact]
    public async Task The_answers_are_bounded_and_calls_beyond_the_limit_are_refused_and_do_not_run()
    {
        await using var server = GeneratedServer.Start(
            Handler.Replace("[Message(\"count\")]", "[Message(\"large\")] public string Large() { _calls++; return new string('x', 600); }\n[Message(\"count\")]", StringComparison.Ordinal),
            options => options.MaxOutboundBytes = 1000);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{string.Join(",", Enumerable.Range(1, 100).Select(id => Call(id == 50 ? "nothing" : "large", id == 50 ? null : id)))}]");

        var answers = System.Text.Json.JsonDocument.Parse(await client.TextAsync()).RootElement.EnumerateArray().ToArray();
        Assert.Equal(99, answers.Length);
        Assert.Equal(2, answers.Count(answer => answer.TryGetProperty("result", out _)));
        Assert.All(answers[2..], answer => Assert.Equal(-32002, answer.GetProperty("error").GetProperty("code").GetInt32()));
        await client.TextAsync(Call("count", 1));
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":3}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_reply_to_the_server_among_calls_reaches_the_method_that_awaits_it()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();
        await client.TextAsync(Call("ask", 1));
        Assert.Contains("\"method\":\"ask\"", await client.TextAsync(), StringComparison.Ordinal);

        await client.TextAsync($$"""[{{Call("count", 2)}},{"jsonrpc":"2.0","id":1,"result":41}]""");

        Assert.Equal("""{"jsonrpc":"2.0","id":1,"result":42}""", await client.TextAsync());
        Assert.Equal("""[{"jsonrpc":"2.0","id":2,"result":1}]""", await client.TextAsync());
    }

    [Fact]
    public async Task Concurrent_messages_run_one_after_the_other()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("alone", 1)},{Call("alone", 2)},{Call("alone", 3)}]");

        Assert.Equal(
            """[{"jsonrpc":"2.0","id":1,"result":true},{"jsonrpc":"2.0","id":2,"result":true},{"jsonrpc":"2.0","id":3,"result":true}]""",
            await client.TextAsync());
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_batch_with_handlers_that_throw_is_answered_before_the_connection_closes()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("fail", 1)},{Call("count", 2)},{Call("failLate", 3)},{Call("fail")},{Call("count", 4)}]");

        const string failed = "\"error\":{\"code\":-32603,\"message\":\"The server failed to handle the message.\"}}";
        Assert.Equal(
            """[{"jsonrpc":"2.0","id":1,""" + failed + """,{"jsonrpc":"2.0","id":2,"result":1},{"jsonrpc":"2.0","id":3,""" + failed
            + """,{"jsonrpc":"2.0","id":4,"result":2}]""",
            await client.TextAsync());
        Assert.Equal(1011, (await client.FrameAsync()).Code);
        Assert.Equal(3, server.Logs.AboveDebug.Count(entry => entry.Exception is InvalidOperationException));
    }

    [Fact]
    public async Task A_batch_keeps_its_place_in_the_order_of_messages()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("late", 1)},{Call("late", 2)}]");
        await client.TextAsync(Call("count", 3));
        await client.TextAsync($"[{Call("count", 4)}]");

        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"result":2}]""", await client.TextAsync());
        Assert.Equal("""{"jsonrpc":"2.0","id":3,"result":3}""", await client.TextAsync());
        Assert.Equal("""[{"jsonrpc":"2.0","id":4,"result":4}]""", await client.TextAsync());
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":41}""")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"result":41}]""")]
    public async Task A_message_of_a_batch_can_ask_the_client(string reply)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("count", 7)},{Call("ask", 8)}]");
        Assert.Equal("""{"jsonrpc":"2.0","method":"ask","id":1,"params":["?"]}""", await client.TextAsync());
        await client.TextAsync(reply);

        Assert.Equal("""[{"jsonrpc":"2.0","id":7,"result":1},{"jsonrpc":"2.0","id":8,"result":42}]""", await client.TextAsync());
    }

    [Fact]
    public async Task A_push_during_a_batch_is_not_an_answer()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync("""[{"jsonrpc":"2.0","method":"push","params":["hi"]},""" + Call("count", 1) + "]");

        Assert.Equal("""{"jsonrpc":"2.0","method":"said","params":["hi"]}""", await client.TextAsync());
        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":1}]""", await client.TextAsync());
    }

    [Fact]
    public async Task The_number_of_messages_in_a_batch_is_limited()
    {
        await using var server = GeneratedServer.Start(Handler, options => options.MaxBatchMessages = 2);
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("count", 1)},{Call("count", 2)}]");
        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"result":2}]""", await client.TextAsync());
        await client.TextAsync($"[{Call("count", 3)},{Call("count", 4)},{Call("count", 5)}]");
        Assert.StartsWith("""{"jsonrpc":"2.0","id":null,"error":{"code":-32600,""", await client.TextAsync(), StringComparison.Ordinal);
        await client.TextAsync(Call("count", 6));
        Assert.Equal("""{"jsonrpc":"2.0","id":6,"result":3}""", await client.TextAsync());
    }

    [Fact, Trait("rule", "T2")]
    public async Task Every_message_of_a_batch_is_counted()
    {
        await using var server = GeneratedServer.Start(
            Handler,
            options => options.MessageRateLimiter = _ => new FixedWindowRateLimiter(
                new FixedWindowRateLimiterOptions { PermitLimit = 3, Window = TimeSpan.FromHours(1), AutoReplenishment = false }));
        var client = await server.OpenAsync();

        await client.TextAsync($"[{Call("count", 1)},{Call("count", 2)}]");
        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":1},{"jsonrpc":"2.0","id":2,"result":2}]""", await client.TextAsync());
        await client.TextAsync($"[{Call("count", 3)},{Call("count", 4)}]");

        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
    }

    [Fact]
    public async Task The_error_of_the_peer_has_its_code_and_data()
    {
        await using var server = GeneratedServer.Start(Handler.Replace(
            "await connection.Client<IEvents>().AskAsync(\"?\") + 1;",
            """{ try { return await connection.Client<IEvents>().AskAsync("?"); } catch (PeerErrorException e) { throw new MessageException(e.Code, e.Message + " " + System.Text.Encoding.UTF8.GetString(e.ErrorData.Span)); } }""").Replace(
            "AskAsync(UpgradeConnection connection) => {", "AskAsync(UpgradeConnection connection) {"));
        var client = await server.OpenAsync();

        await client.TextAsync(Call("ask", 7));
        await client.TextAsync();
        await client.TextAsync("""{"jsonrpc":"2.0","id":1,"error":{"code":-9,"message":"busy","data":{"for":5}}}""");

        Assert.Equal("""{"jsonrpc":"2.0","id":7,"error":{"code":-9,"message":"busy {\"for\":5}"}}""", await client.TextAsync());
    }

    private static string Call(string method, int? id = null) =>
        $$"""{"jsonrpc":"2.0","method":"{{method}}"{{(id is null ? "" : $",\"id\":{id}")}}}""";
}
