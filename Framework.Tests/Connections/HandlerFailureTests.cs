using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>W9, and that every failure of a handler ends the connection.</summary>
public class HandlerFailureTests
{
    private readonly TestLife _life = new();

    [Theory, Trait("rule", "W9")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_in_OnConnected_closes_with_1011(bool isAsync)
    {
        _life.Connected = async _ => await FailAsync(isAsync);

        await FailsAsync(TestProtocol.Nothing, client => Task.CompletedTask);
    }

    [Fact, Trait("rule", "W9")]
    public Task An_exception_in_a_synchronous_method_closes_with_1011() =>
        FailsAsync((_, ref _) => throw new InvalidOperationException("secret"), client => client.TextAsync("""{"type":"x"}"""));

    [Fact, Trait("rule", "W9")]
    public Task An_exception_in_an_asynchronous_method_closes_with_1011() =>
        FailsAsync((_, ref call) => call.Done(FailAsync(isAsync: true)), client => client.TextAsync("""{"type":"x"}"""));

    [Fact, Trait("rule", "W9")]
    public async Task An_exception_in_Background_closes_with_1011()
    {
        _life.Background = _ => FailAsync(isAsync: true);

        await FailsAsync(TestProtocol.Nothing, client => Task.CompletedTask);
    }

    [Fact]
    public async Task The_return_of_Background_closes_with_1000()
    {
        _life.Background = _ => Task.CompletedTask;
        await using var server = Server(TestProtocol.Nothing);
        var client = await server.OpenAsync();

        Assert.Equal(1000, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        Assert.Equal(new CloseInfo(1000, "", CloseInitiator.Local), await (await _life.NextAsync()).Disconnected);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Detail_goes_to_the_peer_only_by_option(bool option)
    {
        await using var server = Server((_, ref call) => call.Done(FailAsync(isAsync: true)), options => options.IncludeErrorDetail = option);
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");

        Assert.Equal(option, (await client.TextAsync()).Contains("secret", StringComparison.Ordinal));
        Assert.Equal(option, (await client.UntilCloseAsync()).Reason.Contains("secret", StringComparison.Ordinal));
    }

    [Theory, Trait("rule", "W9")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_with_an_id_gets_the_error_before_the_close(bool isAsync)
    {
        await using var server = Server((_, ref call) => isAsync ? call.Done(FailAsync(true)) : throw new InvalidOperationException("secret"));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":"a"}""");

        Assert.StartsWith("""{"type":"error","id":"a","code":"internal_error",""", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal("close 1011", (await client.FrameAsync()).ToString()[..10]);
    }

    [Fact, Trait("rule", "W9")]
    public async Task After_a_failure_nothing_more_is_handled()
    {
        var calls = 0;
        await using var server = Server((_, ref _) =>
        {
            calls++;
            throw new InvalidOperationException();
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x"}""");
        await client.TextAsync("""{"type":"x"}""");
        await client.CloseAsync();

        await (await _life.NextAsync()).Disposed;
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_MessageException_is_an_error_reply_and_the_connection_goes_on(bool isAsync)
    {
        await using var server = Server((_, ref call) => isAsync ? call.Done(RefuseAsync()) : throw new MessageException("full", "No room.", 7));
        var client = await server.OpenAsync();
        for (var id = 1; id < 3; id++)
        {
            await client.TextAsync($$"""{"type":"x","id":{{id}}}""");

            Assert.Equal($$"""{"type":"error","id":{{id}},"code":"full","message":"No room.","data":7}""", await client.TextAsync());
        }

        static async ValueTask RefuseAsync()
        {
            await Task.Yield();
            throw new MessageException("full", "No room.", 7);
        }
    }

    // The data can't be written: that is a failure of the handler, not the end of all dispatching.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Error_data_that_the_codec_cannot_write_closes_with_1011(bool isAsync)
    {
        await FailsAsync(
            (_, ref call) => isAsync ? call.Done(RefuseAsync()) : throw new MessageException("full", "No room.", (Action)(() => { })),
            client => client.TextAsync("""{"type":"x","id":1}"""));

        static async ValueTask RefuseAsync()
        {
            await Task.Yield();
            throw new MessageException("full", "No room.", (Action)(() => { }));
        }
    }

    // A scope that can only be disposed of asynchronously, and one whose disposal fails.
    [Theory]
    [InlineData(typeof(AsyncOnly), false)]
    [InlineData(typeof(AsyncOnly), true)]
    [InlineData(typeof(FailingDisposal), true)]
    public async Task A_failed_call_gives_its_services_back(Type service, bool isAsync)
    {
        await using var server = new TestServer(builder =>
        {
            builder.Services.AddScoped<AsyncOnly>().AddScoped<FailingDisposal>();
            builder.AddProtocol(TestProtocol.Json(_life, Serve));
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");

        Assert.Contains("internal_error", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        await (await _life.NextAsync()).Disposed;

        ValueTask Serve(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
        {
            _ = service == typeof(AsyncOnly) ? (object)call.Service<AsyncOnly>() : call.Service<FailingDisposal>();
            return isAsync ? call.Done(FailAsync(true)) : throw new InvalidOperationException("secret");
        }
    }

    [Fact]
    public async Task A_format_that_throws_closes_with_1011()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(new ProtocolEntry
        {
            Path = "/",
            IsDefault = true,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestDispatcher<ThrowingFormat>(new ThrowingFormat(), _life, TestProtocol.Nothing),
        }));
        var client = await server.OpenAsync();

        await client.TextAsync("x");

        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        await EndsOnceAsync(server);
    }

    [Fact, Trait("rule", "W14")]
    public async Task An_exception_in_OnDisconnected_is_logged_and_the_handler_disposed()
    {
        _life.Disconnected = (_, _) => throw new InvalidOperationException("late");
        await using var server = Server(TestProtocol.Nothing);
        var client = await server.OpenAsync();
        await client.CloseAsync();

        await (await _life.NextAsync()).Disposed;
        await server.EndedAsync();

        Assert.Equal(0, server.Hub.Count);
        Assert.Contains(server.Logs.Entries, entry => entry is { Level: LogLevel.Error, Exception.Message: "late" });
    }

    [Fact, Trait("rule", "W9")]
    public async Task Binary_where_text_is_declared_closes_with_1003()
    {
        await using var server = Server(TestProtocol.Nothing);
        var client = await server.OpenAsync();

        await client.FrameAsync(2, Encoding.UTF8.GetBytes("{}"));

        Assert.Equal(1003, (await client.UntilCloseAsync()).Code);
    }

    private async Task FailsAsync(MessageMethod<JsonMessageFormat> method, Func<TestClient, Task> send)
    {
        await using var server = Server(method);
        var client = await server.OpenAsync();

        await send(client);

        var close = await client.UntilCloseAsync();
        Assert.Equal(1011, close.Code);
        Assert.DoesNotContain("secret", close.Reason, StringComparison.Ordinal);
        await client.CloseAsync(1011);
        await client.EndAsync();
        await EndsOnceAsync(server);
        var failure = Assert.Single(server.Logs.AboveDebug);
        Assert.Equal(LogLevel.Error, failure.Level);
        Assert.Equal(102, failure.Id);
    }

    private async Task EndsOnceAsync(TestServer server)
    {
        var handler = await _life.NextAsync();
        await handler.Disposed;
        await server.EndedAsync();
        var end = Assert.Single(handler.Disconnections);
        Assert.Equal((1011, CloseInitiator.Local), (end.Code, end.Initiator));
        Assert.Equal((1, 1), (handler.ConnectedCount, handler.DisposalCount));
        Assert.Equal(0, server.Hub.Count);
    }

    private TestServer Server(MessageMethod<JsonMessageFormat> method, Action<UpgradeOptions>? options = null) =>
        new(builder => builder.AddProtocol(TestProtocol.Json(_life, method)), options);

    private static async Task FailAsync(bool isAsync)
    {
        if (isAsync)
        {
            await Task.Yield();
        }

        throw new InvalidOperationException("secret");
    }

    private sealed class AsyncOnly : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => default;
    }

    private sealed class FailingDisposal : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => throw new InvalidOperationException("disposal");
    }

    private readonly struct ThrowingFormat : IMessageFormat
    {
        public MessageKind Kind => MessageKind.Text;

        public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => throw new NotSupportedException("secret");

        public void WriteStart(MessageWriter output, in MessageHeader header)
        {
        }

        public void WriteNoPayload(MessageWriter output)
        {
        }

        public void WriteEnd(MessageWriter output, in MessageHeader header)
        {
        }

        public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
    }
}
