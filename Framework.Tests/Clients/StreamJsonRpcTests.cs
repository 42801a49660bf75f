using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using StreamJsonRpc;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Clients;

/// <summary>StreamJsonRpc, the JSON-RPC library of Visual Studio, as a client.</summary>
public sealed class StreamJsonRpcTests
{
    private static readonly MessageParameters s_text = new("text");
    private static readonly MessageParameters s_numbers = new("a", "b");

    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact, Trait("rule", "U2")]
    public async Task Its_cancellation_token_ends_a_method_and_the_connection_goes_on()
    {
        await using var server = await StartAsync();
        using var socket = await ConnectAsync(server);
        using var rpc = Open(socket);
        using var cancellation = new CancellationTokenSource();

        var waiting = rpc.InvokeWithCancellationAsync<string>("wait", ["a"], cancellation.Token);
        await _begun.Task.WaitAsync(Patience.Limit);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience.Limit));
        await _cancelled.Task.WaitAsync(Patience.Limit);
        Assert.Equal("hello", await rpc.InvokeAsync<string>("echo", "hello").WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Three_hundred_calls_at_a_time_are_answered()
    {
        await using var server = await StartAsync();
        using var socket = await ConnectAsync(server);
        using var rpc = Open(socket);

        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => rpc.InvokeAsync<int>("add", i, 1))).WaitAsync(Patience.Limit);

        Assert.Equal(Enumerable.Range(1, 300), answers);
    }

    private static JsonRpc Open(WebSocket socket)
    {
        var formatter = new SystemTextJsonFormatter { JsonSerializerOptions = new JsonSerializerOptions(JsonSerializerDefaults.Web) };
        var rpc = new JsonRpc(new WebSocketMessageHandler(socket, formatter));
        rpc.StartListening();
        return rpc;
    }

    private static async Task<ClientWebSocket> ConnectAsync(TransportHost server)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Addresses[0].Port}/"), TestContext.Current.CancellationToken);
        return socket;
    }

    private Task<TransportHost> StartAsync() => TransportHost.StartAsync(configure: builder => builder.AddProtocol(new ProtocolEntry
    {
        Path = "/",
        IsDefault = true,
        HandlerType = typeof(TestHandler),
        Codec = TestProtocol.Codec,
        Dispatcher = new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), _life, Dispatch),
    }));

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonRpcMessageFormat> call)
    {
        Span<ParameterValue> values = stackalloc ParameterValue[2];
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "wait":
                return call.Reply(WaitAsync(call.Cancelled), TestProtocol.Strings);
            case "echo":
                return call.TryFindParameters(s_text, values[..1]) && call.TryReadParameter(values[0], "text", TestProtocol.Strings, out string? text)
                    ? call.Reply(text, TestProtocol.Strings)
                    : default;
            case "add":
                return call.TryFindParameters(s_numbers, values)
                    && call.TryReadParameter(values[0], "a", TestProtocol.Numbers, out int a)
                    && call.TryReadParameter(values[1], "b", TestProtocol.Numbers, out int b)
                        ? call.Reply(LateAsync(a + b), TestProtocol.Numbers)
                        : default;
            default:
                return call.Unknown();
        }
    }

    private async ValueTask<string> WaitAsync(CancellationToken cancellationToken)
    {
        _begun.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _cancelled.TrySetResult();
        }

        return "";
    }

    private static async ValueTask<int> LateAsync(int value)
    {
        await Task.Yield();
        return value;
    }
}
