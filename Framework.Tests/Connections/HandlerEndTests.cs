using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>W14: a method that ignores its token holds up OnDisconnected, and the log says so.</summary>
public class HandlerEndTests
{
    private const int Warning = 113;

    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRunning;
    private bool _wasBeside;

    public HandlerEndTests() => _life.Disconnected = (_, _) =>
    {
        _wasBeside = _isRunning;
        return default;
    };

    [Fact, Trait("rule", "W14")]
    public Task A_message_is_named() => HoldsUpAsync(
        TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Done(HoldAsync())),
        "the message 'hold'");

    [Fact, Trait("rule", "W14")]
    public Task A_message_beside_the_lane_is_named() => HoldsUpAsync(
        TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Detach(call.Done(HoldAsync()))),
        "the message 'hold'");

    // In a batch, and in the lane, the one that hangs is named and not one that has hung before.
    [Theory, Trait("rule", "W14")]
    [InlineData("""[{"jsonrpc":"2.0","method":"first"},{"jsonrpc":"2.0","method":"hold"}]""")]
    [InlineData("""[{"jsonrpc":"2.0","method":"first"},{"jsonrpc":"2.0","method":"block"}]""")]
    [InlineData("""{"jsonrpc":"2.0","method":"first"}""", """{"jsonrpc":"2.0","method":"block"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"first"}""", """{"jsonrpc":"2.0","method":"filtered"}""")]
    public async Task The_one_that_hangs_is_named(params string[] messages)
    {
        await using var server = new TestServer(
            builder =>
            {
                builder.AddProtocol(new ProtocolEntry
                {
                    Path = "/",
                    IsDefault = true,
                    HandlerType = typeof(TestHandler),
                    Dispatcher = new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), _life, HoldOrGoOn),
                });
                builder.AddMessageFilter(async (message, next) =>
                {
                    if (message.Name == "filtered")
                    {
                        await HoldAsync();
                    }

                    await next(message);
                });
            },
            options => options.SlowHandlerWarning = TimeSpan.FromSeconds(10));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        foreach (var message in messages)
        {
            await client.TextAsync(message);
        }

        _go.SetResult();
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => Volatile.Read(ref _isRunning), Patience.Limit)));
        handler.Connection.Abort();
        var name = messages[^1].Contains("block", StringComparison.Ordinal) ? "block" : messages[^1].Contains("filtered", StringComparison.Ordinal) ? "filtered" : "hold";
        await WarnsAsync(server, handler, $"the message '{name}'");
    }

    [Fact, Trait("rule", "W14")]
    public Task A_stream_is_named() => HoldsUpAsync(
        TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) =>
            call.TryOpenStream(out var stream) ? call.Stream(HoldItemsAsync(), stream, TestProtocol.Numbers) : default),
        "the message 'hold'");

    [Fact, Trait("rule", "W14")]
    public Task OnConnected_is_named()
    {
        _life.Connected = _ => new ValueTask(HoldAsync());
        return HoldsUpAsync(TestProtocol.Json(_life, TestProtocol.Nothing), "[OnConnected]");
    }

    [Fact, Trait("rule", "W14")]
    public Task Background_is_named()
    {
        _life.Background = _ => HoldAsync();
        return HoldsUpAsync(TestProtocol.Json(_life, TestProtocol.Nothing), "[Background]");
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_pipes_method_is_named()
    {
        await using var server = Server(TestProtocol.Pipe(_life, (_, _) => HoldAsync()));
        var client = server.Connect();
        await client.OpenRawAsync("/", "pipe/1");
        var handler = await _life.CreatedAsync();

        // One that is aborted before its method has begun doesn't begin it.
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _isRunning), Patience.Limit));
        handler.Connection.Abort();
        await WarnsAsync(server, handler, "[OnUpgraded]");
    }

    [Fact]
    public async Task A_method_that_ends_in_time_is_not_named()
    {
        await using var server = Server(
            TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Done(HoldAsync())));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await client.TextAsync("""{"type":"hold"}""");
        client.Abort();
        Assert.True(SpinWait.SpinUntil(() => handler.Connection.Closed.IsCancellationRequested, Patience.Limit));
        server.Time.Advance(TimeSpan.FromSeconds(5));

        _release.SetResult();
        await handler.Disposed;
        await server.EndedAsync();
        server.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Id == Warning);
    }

    private async Task HoldsUpAsync(ProtocolEntry protocol, string method)
    {
        await using var server = Server(protocol);
        var client = await server.OpenAsync();
        var handler = await _life.CreatedAsync();
        await client.TextAsync("""{"type":"hold","id":1}""");
        if (method.StartsWith("the", StringComparison.Ordinal))
        {
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _isRunning), Patience.Limit));
        }

        client.Abort();
        await WarnsAsync(server, handler, method);
    }

    private async Task WarnsAsync(TestServer server, TestHandler handler, string method)
    {
        var taken = await server.AdvanceUntilAsync(Task.Run(() =>
            Assert.True(SpinWait.SpinUntil(() => server.Logs.Entries.Any(entry => entry.Id == Warning), Patience.Limit))));
        Assert.True(taken >= TimeSpan.FromSeconds(9), $"{taken}");
        for (var i = 0; i < 100; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(handler.Disconnected.IsCompleted);
        _release.SetResult();
        await handler.Disposed;

        var warning = Assert.Single(server.Logs.Entries, entry => entry.Id == Warning);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains($"{handler.Connection.Id} ({handler.Connection.Entry.DisplayName}): {method} of TestHandler still runs 10 s", warning.Message, StringComparison.Ordinal);
        Assert.False(_wasBeside);
    }

    private async Task HoldAsync()
    {
        Volatile.Write(ref _isRunning, true);
        await _release.Task;
        Volatile.Write(ref _isRunning, false);
    }

    private ValueTask HoldOrGoOn(TestHandler handler, ref MessageCall<JsonRpcMessageFormat> call)
    {
        if (call.Name.SequenceEqual("hold"u8))
        {
            return call.Done(HoldAsync());
        }

        if (call.Name.SequenceEqual("block"u8))
        {
            Volatile.Write(ref _isRunning, true);
            _release.Task.Wait();
            Volatile.Write(ref _isRunning, false);
            return call.Done();
        }

        return call.Done(_go.Task);
    }

    private async IAsyncEnumerable<int> HoldItemsAsync()
    {
        await HoldAsync();
        yield return 1;
    }

    private static TestServer Server(ProtocolEntry protocol) =>
        new(builder => builder.AddProtocol(protocol), options => options.SlowHandlerWarning = TimeSpan.FromSeconds(10));
}
