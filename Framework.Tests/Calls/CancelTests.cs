using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Calls;

/// <summary>The caller cancels a call by its id: one that runs, waits or runs concurrently, and a stream (U2).</summary>
public class CancelTests
{
    private readonly TestLife _life = new();
    private readonly ConcurrentQueue<string> _begun = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _filters;

    public static TheoryData<string> Formats => ["json", "flat", "rpc", "own"];

    public static TheoryData<string, bool> FormatsWithAndWithoutFilters
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var format in (string[])["json", "flat", "rpc", "own"])
            {
                cases.Add(format, false);
                cases.Add(format, true);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(FormatsWithAndWithoutFilters)), Trait("rule", "U2")]
    public async Task A_running_method_is_cancelled_and_there_is_one_answer(string format, bool filtered)
    {
        _filters = filtered;
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "wait", 7));
        await BegunAsync("wait");

        await client.TextAsync(Cancel(format, 7));

        Assert.Equal(Cancelled(format, 7), await client.TextAsync());
        await AliveAsync(client, format);
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Theory, MemberData(nameof(FormatsWithAndWithoutFilters)), Trait("rule", "U2")]
    public async Task A_concurrent_method_is_cancelled_and_the_others_answer(string format, bool filtered)
    {
        _filters = filtered;
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "beside", 1));
        await client.TextAsync(Call(format, "beside", 2));
        await client.TextAsync(Call(format, "beside", 3));
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _begun.Count == 3, Patience.Limit)));

        await client.TextAsync(Cancel(format, 2));
        Assert.Equal(Cancelled(format, 2), await client.TextAsync());
        _release.SetResult();

        string[] answers = [await client.TextAsync(), await client.TextAsync()];
        Assert.Equal([Reply(format, 1), Reply(format, 3)], answers.Order());
    }

    [Theory, MemberData(nameof(FormatsWithAndWithoutFilters)), Trait("rule", "U2")]
    public async Task A_waiting_call_is_answered_at_once_and_never_begins(string format, bool filtered)
    {
        _filters = filtered;
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "hold", 1));
        await BegunAsync("hold");
        await client.TextAsync(Call(format, "wait", 2));
        await client.TextAsync(Call(format, "echo", 3));

        await client.TextAsync(Cancel(format, 2));
        Assert.Equal(Cancelled(format, 2), await client.TextAsync());
        _release.SetResult();

        Assert.Equal(Reply(format, 1), await client.TextAsync());
        Assert.Equal(Reply(format, 3), await client.TextAsync());
        Assert.Equal(["hold", "echo"], _begun);
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U2")]
    public async Task A_method_that_ends_in_spite_of_the_cancellation_answers_with_its_result(string format)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "deaf", 7));
        await BegunAsync("deaf");

        await client.TextAsync(Cancel(format, 7));
        await client.TextAsync(Cancel(format, 7));
        _release.SetResult();

        Assert.Equal(Reply(format, 7), await client.TextAsync());
        await AliveAsync(client, format);
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U2")]
    public async Task A_method_that_fails_with_its_own_error_after_the_cancellation_answers_with_that(string format)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "refuse", 7));
        await BegunAsync("refuse");

        await client.TextAsync(Cancel(format, 7));

        Assert.Contains("Too late.", await client.TextAsync(), StringComparison.Ordinal);
        await AliveAsync(client, format);
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U2")]
    public async Task An_unknown_id_is_ignored(string format)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();

        await client.TextAsync(Cancel(format, 99));
        await client.TextAsync(Call(format, "echo", 99));
        Assert.Equal(Reply(format, 99), await client.TextAsync());
        await client.TextAsync(Cancel(format, 99));

        await AliveAsync(client, format);
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U2")]
    public async Task An_id_is_free_again_after_its_cancellation(string format)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();
        for (var i = 1; i <= 3; i++)
        {
            await client.TextAsync(Call(format, "wait", 7));
            Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _begun.Count == i, Patience.Limit)));
            await client.TextAsync(Cancel(format, 7));
            Assert.Equal(Cancelled(format, 7), await client.TextAsync());
        }

        await client.TextAsync(Call(format, "echo", 7));
        Assert.Equal(Reply(format, 7), await client.TextAsync());
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U2")]
    public async Task An_exception_that_is_no_cancellation_of_the_peer_closes_the_connection(string format)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();

        await client.TextAsync(Call(format, "own cancel", 7));

        Assert.Contains(format == "rpc" ? "-32603" : "internal", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
    }

    [Fact, Trait("rule", "U2")]
    public async Task A_running_stream_is_cancelled_and_a_waiting_one_is_answered()
    {
        await using var server = Server("json");
        var client = await server.OpenAsync();
        await client.TextAsync(Call("json", "hold", 1));
        await BegunAsync("hold");
        await client.TextAsync(Call("json", "endless", 2));

        await client.TextAsync(Cancel("json", 2));

        Assert.Equal(Cancelled("json", 2), await client.TextAsync());
        _release.SetResult();
        Assert.Equal(Reply("json", 1), await client.TextAsync());
        Assert.DoesNotContain("endless", _begun);
    }

    // The name may be escaped, and the cancellation may be as long as a message may be.
    [Theory, Trait("rule", "U2")]
    [InlineData("json", """{"type":"\u0063omplete","id":7}""")]
    [InlineData("json", """ { "x" : [1], "id" : 7 , "type" : "complete" } """)]
    [InlineData("flat", """{"id":7,"type":"complet\u0065"}""")]
    [InlineData("rpc", """{"method":"$\/cancelRequest","params":{"x":1,"id":7},"jsonrpc":"2.0"}""")]
    public async Task A_cancellation_in_any_spelling_passes_the_queue(string format, string cancellation)
    {
        await using var server = Server(format);
        var client = await server.OpenAsync();
        await client.TextAsync(Call(format, "wait", 7));
        await BegunAsync("wait");

        await client.TextAsync(cancellation);

        Assert.Equal(Cancelled(format, 7), await client.TextAsync());
    }

    [Theory, Trait("rule", "U2")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":[7]}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":null}}""")]
    public async Task A_cancellation_without_a_usable_id_is_ignored(string cancellation)
    {
        await using var server = Server("rpc");
        var client = await server.OpenAsync();
        await client.TextAsync(Call("rpc", "hold", 7));
        await BegunAsync("hold");

        await client.TextAsync(cancellation);
        _release.SetResult();

        Assert.Equal(Reply("rpc", 7), await client.TextAsync());
        await AliveAsync(client, "rpc");
    }

    // Searching the waiting messages is expensive: a peer that cancels what it never called must not be able to repeat it without end.
    [Fact, Trait("rule", "U2")]
    public async Task A_flood_of_cancellations_waits_its_turn()
    {
        await using var server = Server("json", options => options.MaxWaitingBytes = 4096);
        var client = await server.OpenAsync();
        await client.TextAsync(Call("json", "hold", 1));
        var handler = await _life.NextAsync();
        await BegunAsync("hold");
        await client.TextAsync(Call("json", "echo", 2));

        _ = client.Post(ClientFrames.Join(Enumerable.Range(100, 1000).Select(id => ClientFrames.Text(Cancel("json", id)))));

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Session!.Processor!.IsFull, Patience.Limit)));
        _release.SetResult();
        Assert.Equal(Reply("json", 1), await client.TextAsync());
        Assert.Equal(Reply("json", 2), await client.TextAsync());
        await AliveAsync(client, "json");
    }

    [Theory, MemberData(nameof(Formats)), Trait("rule", "U1")]
    public async Task The_id_is_known_to_the_method_and_to_filters(string format)
    {
        MessageId seen = default;
        _filters = true;
        await using var server = Server(format, builder: builder => builder.AddMessageFilter((message, next) =>
        {
            seen = message.Id;
            return next(message);
        }));
        var client = await server.OpenAsync();

        await client.TextAsync(Call(format, "id", 42));

        Assert.Contains("id is 42", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(new MessageId("42"), seen);
        Assert.False(seen.IsEmpty);
        Assert.True(default(MessageId).IsEmpty);
    }

    private static string Call(string format, string name, int id) => format switch
    {
        "rpc" => $$"""{"jsonrpc":"2.0","method":"{{name}}","id":{{id}}}""",
        "own" => $"call {id} {name}",
        _ => $$"""{"type":"{{name}}","id":{{id}}}""",
    };

    private static string Cancel(string format, int id) => format switch
    {
        "rpc" => $$$"""{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{{{id}}}}}""",
        "own" => $"stop {id}",
        _ => $$"""{"type":"complete","id":{{id}}}""",
    };

    private static string Cancelled(string format, int id) => format switch
    {
        "rpc" => $$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32800,"message":"The call was cancelled."}}""",
        "own" => $"error {id} Cancelled The call was cancelled.",
        _ => $$"""{"type":"error","id":{{id}},"code":"cancelled","message":"The call was cancelled."}""",
    };

    private static string Reply(string format, int id) => format switch
    {
        "rpc" => $$"""{"jsonrpc":"2.0","id":{{id}},"result":"done"}""",
        "own" => $"reply {id} \"done\"",
        "flat" or "json" => $$"""{"type":"reply","id":{{id}},"data":"done"}""",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static async Task AliveAsync(TestClient client, string format)
    {
        await client.TextAsync(Call(format, "echo", 1000));
        Assert.Equal(Reply(format, 1000), await client.TextAsync());
    }

    private async Task BegunAsync(string name) =>
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _begun.Contains(name), Patience.Limit)));

    private TestServer Server(string format, Action<UpgradeOptions>? options = null, Action<UpgradeProtocolsBuilder>? builder = null) => new(
        protocols =>
        {
            protocols.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                HandlerType = typeof(TestHandler),
                Codec = TestProtocol.Codec,
                Dispatcher = format switch
                {
                    "flat" => new TestDispatcher<FlatJsonMessageFormat>(new FlatJsonMessageFormat(), _life, Dispatch),
                    "rpc" => new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), _life, Dispatch),
                    "own" => new TestDispatcher<WordFormat>(default, _life, Dispatch),
                    _ => new TestDispatcher<JsonMessageFormat>(new JsonMessageFormat(), _life, Dispatch),
                },
            });
            builder?.Invoke(protocols);
            if (_filters)
            {
                protocols.AddMessageFilter(async (message, next) => await next(message));
            }
        },
        options: options);

    private ValueTask Dispatch<TFormat>(TestHandler handler, ref MessageCall<TFormat> call)
        where TFormat : struct, IMessageFormat
    {
        var name = Encoding.UTF8.GetString(call.Name);
        switch (name)
        {
            case "endless":
                return call.TryOpenStream(out var stream) ? call.Stream(EndlessAsync(stream.Cancelled), stream, TestProtocol.Strings) : default;
            case "beside":
                return call.Detach(call.Reply(WaitAsync(name, call.Cancelled), TestProtocol.Strings));
            case "wait":
                return call.Reply(WaitAsync(name, call.Cancelled), TestProtocol.Strings);
            case "hold" or "deaf":
                _ = call.Cancelled;
                return call.Reply(HoldAsync(name), TestProtocol.Strings);
            case "refuse":
                return call.Reply(RefuseAsync(call.Cancelled), TestProtocol.Strings);
            case "own cancel":
                _ = call.Cancelled;
                return call.Reply(ValueTask.FromException<string>(new OperationCanceledException("my own")), TestProtocol.Strings);
            case "id":
                return call.Reply($"id is {call.MessageId}", TestProtocol.Strings);
            default:
                _begun.Enqueue(name);
                return call.Reply("done", TestProtocol.Strings);
        }
    }

    private async ValueTask<string> WaitAsync(string name, CancellationToken cancellationToken)
    {
        _begun.Enqueue(name);
        await _release.Task.WaitAsync(cancellationToken);
        return "done";
    }

    private async ValueTask<string> HoldAsync(string name)
    {
        _begun.Enqueue(name);
        await _release.Task;
        return "done";
    }

    private async ValueTask<string> RefuseAsync(CancellationToken cancellationToken)
    {
        _begun.Enqueue("refuse");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new MessageException("late", "Too late.");
        }

        return "done";
    }

    private async IAsyncEnumerable<string> EndlessAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _begun.Enqueue("endless");
        yield return "item";
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <summary>A custom format: the words kind, id and name; the rest is the payload.</summary>
    [MessageFormat(MessageFormatFeatures.Names | MessageFormatFeatures.Replies)]
    private readonly struct WordFormat : IMessageFormat
    {
        public MessageKind Kind => MessageKind.Text;

        public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
        {
            var first = message.IndexOf((byte)' ');
            var rest = message[(first + 1)..];
            var second = rest.IndexOf((byte)' ');
            envelope.Id = second < 0 ? rest : rest[..second];
            envelope.Name = second < 0 ? default : rest[(second + 1)..];
            envelope.Kind = message.StartsWith("stop"u8) ? EnvelopeKind.Cancel : EnvelopeKind.Call;
            return first >= 0;
        }

        public void WriteStart(MessageWriter output, in MessageHeader header)
        {
            output.Write(header.Kind == EnvelopeKind.Reply ? "reply "u8 : "call "u8);
            output.Write(header.Id);
            output.WriteByte((byte)' ');
        }

        public void WriteNoPayload(MessageWriter output)
        {
        }

        public void WriteEnd(MessageWriter output, in MessageHeader header)
        {
        }

        public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure)
        {
            output.Write("error "u8);
            output.Write(id);
            output.Write(Encoding.UTF8.GetBytes($" {failure.Kind} {failure.Message}{(failure.Kind == MessageErrorKind.Internal ? " internal" : "")}"));
            return true;
        }
    }
}
