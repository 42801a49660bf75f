using System.Diagnostics;
using System.Globalization;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A message's changes of its execution context don't reach other messages, and the request of the upgrade is not part of that context.</summary>
public class FlowTests
{
    private static readonly AsyncLocal<string?> s_local = new();
    private static readonly CultureInfo s_culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("websocket", false)]
    [InlineData("websocket", true)]
    [InlineData("lines", false)]
    [InlineData("lines", true)]
    public async Task A_value_of_one_message_is_not_there_for_the_next(string protocol, bool queued)
    {
        if (queued)
        {
            _life.Connected = async _ => await _release.Task;
        }

        await using var server = new TestServer(builder => builder.AddProtocol(
            protocol == "lines" ? TestProtocol.Lines(_life, Tell) : TestProtocol.Raw(_life, Tell)));
        var client = server.Connect();
        await (protocol == "lines" ? client.OpenRawAsync("/", "lines/1") : client.OpenAsync("/"));
        await _life.NextAsync();
        var texts = new[] { "set", "ask", "set", "ask" };
        await client.SendAsync(protocol == "lines"
            ? Encoding.ASCII.GetBytes(string.Join("\n", texts) + "\n")
            : ClientFrames.Join(texts.Select(static text => ClientFrames.Text(text))));
        _release.SetResult();

        foreach (var text in texts)
        {
            const string Expected = "nothing invariant";
            Assert.Equal(Expected, protocol == "lines" ? (await client.StringAsync(Expected.Length + 1))[..^1] : await client.TextAsync());
        }

        ValueTask Tell(TestHandler handler, ref MessageCall<RawMessageFormat> call)
        {
            var told = $"{s_local.Value ?? "nothing"} {(ReferenceEquals(CultureInfo.CurrentCulture, s_culture) ? "other" : "invariant")}";
            if (call.Payload.SequenceEqual("set"u8))
            {
                s_local.Value = "leaked";
                CultureInfo.CurrentCulture = s_culture;
            }

            return call.Reply(told, TextPayload.Instance);
        }
    }

    [Fact]
    public async Task A_value_of_one_message_of_a_batch_is_not_there_for_the_next()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(new ProtocolEntry
        {
            Path = "/",
            IsDefault = true,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestDispatcher<JsonRpcMessageFormat>(new JsonRpcMessageFormat(), _life, Tell),
            Codec = TestProtocol.Codec,
        }));
        var client = await server.OpenAsync();

        await client.TextAsync("""[{"jsonrpc":"2.0","method":"x","id":1},{"jsonrpc":"2.0","method":"x","id":2}]""");

        Assert.Equal("""[{"jsonrpc":"2.0","id":1,"result":"nothing"},{"jsonrpc":"2.0","id":2,"result":"nothing"}]""", await client.TextAsync());

        static ValueTask Tell(TestHandler handler, ref MessageCall<JsonRpcMessageFormat> call)
        {
            var told = s_local.Value ?? "nothing";
            s_local.Value = "leaked";
            return call.Reply(told, TestProtocol.Strings);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keeping_the_flow_allocates_nothing(bool hasFlow)
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            _life, static (TestHandler _, ref MessageCall<RawMessageFormat> call) => call.Done())));
        await server.OpenAsync();
        var lane = (await _life.NextAsync()).Connection.Session!.Processor!;
        s_local.Value = hasFlow ? "here" : null;
        Receive(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Receive(1000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Receive(int count)
        {
            for (var i = 0; i < count; i++)
            {
                lane.Receive("message"u8, MessageKind.Text);
            }
        }
    }

    // Like ASP.NET Core's HttpRequestIn, which no listener of this library samples. Otherwise a message's own calls would be part of it for days.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_no_part_of_the_upgrades_request(bool queued)
    {
        string? connected = null;
        var background = new TaskCompletionSource<string?>();
        _life.Connected = async _ =>
        {
            connected = Activity.Current?.OperationName;
            if (queued)
            {
                await _release.Task;
            }
        };
        _life.Background = _ =>
        {
            background.SetResult(Activity.Current?.OperationName);
            return Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
        };
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            _life, static (TestHandler _, ref MessageCall<RawMessageFormat> call) =>
                call.Reply(Activity.Current?.OperationName ?? "none", TextPayload.Instance))));
        TestClient client;
        using (new Activity("HttpRequestIn").Start())
        {
            client = await server.OpenAsync();
        }

        await client.TextAsync("1");
        _release.SetResult();
        await client.TextAsync("2");

        Assert.Equal("none", await client.TextAsync());
        Assert.Equal("none", await client.TextAsync());
        Assert.Null(await background.Task.WaitAsync(Patience.Limit));
        Assert.Equal("HttpRequestIn", connected);
    }
    // Otherwise an await of the reader would continue on the method's context.
    [Fact]
    public async Task A_synchronization_context_of_one_message_is_not_there_for_the_next()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Tell)));
        var client = await server.OpenAsync();

        await client.SendAsync(ClientFrames.Join([ClientFrames.Text("1"), ClientFrames.Text("2")]));
        Assert.Equal("nothing", await client.TextAsync());
        Assert.Equal("nothing", await client.TextAsync());
        await client.TextAsync("3");
        Assert.Equal("nothing", await client.TextAsync());

        static ValueTask Tell(TestHandler handler, ref MessageCall<RawMessageFormat> call)
        {
            var told = SynchronizationContext.Current is LostContext ? "leaked" : "nothing";
            SynchronizationContext.SetSynchronizationContext(new LostContext());
            return call.Reply(told, TextPayload.Instance);
        }
    }

    [Fact]
    public async Task A_raw_protocols_method_is_no_part_of_the_upgrades_request()
    {
        var told = new TaskCompletionSource<string?>();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Pipe(_life, (_, _) =>
        {
            told.SetResult(Activity.Current?.OperationName);
            return Task.CompletedTask;
        })));
        using (new Activity("HttpRequestIn").Start())
        {
            var client = server.Connect();
            await client.OpenRawAsync("/", "pipe/1");
        }

        Assert.Null(await told.Task.WaitAsync(Patience.Limit));
    }

    private sealed class LostContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
