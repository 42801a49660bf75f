using System.Runtime.CompilerServices;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

public class StreamTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Items_come_as_next_and_the_end_as_complete()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"count","id":"s1","data":3}""");

        Assert.Equal("""{"type":"next","id":"s1","data":0}""", await client.TextAsync());
        Assert.Equal("""{"type":"next","id":"s1","data":1}""", await client.TextAsync());
        Assert.Equal("""{"type":"next","id":"s1","data":2}""", await client.TextAsync());
        Assert.Equal("""{"type":"complete","id":"s1"}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_stream_leaves_the_lane_once_it_has_started()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"endless","id":1}""");
        Assert.Equal("""{"type":"next","id":1,"data":0}""", await client.TextAsync());

        await client.TextAsync("""{"type":"ping","id":2}""");

        Assert.Equal("""{"type":"reply","id":2,"data":{}}""", await client.TextAsync());
    }

    [Fact]
    public async Task The_client_cancels_a_stream_by_its_id_which_is_free_again()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"endless","id":1}""");
        await client.TextAsync();

        await client.TextAsync("""{"type":"complete","id":1}""");

        await _cancelled.Task.WaitAsync(Patience.Limit);
        string answer;
        do
        {
            await client.TextAsync("""{"type":"count","id":1,"data":0}""");
            answer = await client.TextAsync();
        }
        while (answer.Contains("invalid_id", StringComparison.Ordinal));
        Assert.Equal("""{"type":"complete","id":1}""", answer);
    }

    // The call waits for its turn: its cancellation passes the queue, and the method is never called.
    [Fact]
    public async Task A_stream_is_cancelled_also_before_its_turn_has_come()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"count","id":0,"data":0}""");
        Assert.Equal("""{"type":"complete","id":0}""", await client.TextAsync());
        await client.TextAsync("""{"type":"hold","id":1}""");
        await client.TextAsync("""{"type":"endless","id":2}""");
        await client.TextAsync("""{"type":"complete","id":2}""");

        Assert.StartsWith("""{"type":"error","id":2,"code":"cancelled",""", await client.TextAsync(), StringComparison.Ordinal);
        _release.SetResult();
        await server.DisposeAsync();
        Assert.False(_cancelled.Task.IsCompleted);
    }

    [Fact]
    public async Task An_id_in_use_is_refused()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"endless","id":1}""");
        await client.TextAsync();

        await client.TextAsync("""{"type":"endless","id":1}""");

        Assert.StartsWith("""{"type":"error","id":1,"code":"invalid_id",""", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_needs_an_id()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"endless"}""");

        Assert.StartsWith("""{"type":"error","code":"invalid_id",""", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_have_a_limit()
    {
        await using var server = Server(options => options.MaxConcurrentStreams = 2);
        var client = await server.OpenAsync();
        for (var id = 1; id <= 2; id++)
        {
            await client.TextAsync($$"""{"type":"endless","id":{{id}}}""");
            await client.TextAsync();
        }

        await client.TextAsync("""{"type":"endless","id":3}""");

        Assert.StartsWith("""{"type":"error","id":3,"code":"limit_exceeded",""", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_MessageException_inside_ends_the_stream_with_an_error()
    {
        await using var server = Server();
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"failing","id":1}""");

        Assert.Equal("""{"type":"next","id":1,"data":0}""", await client.TextAsync());
        Assert.Equal("""{"type":"error","id":1,"code":"gone","message":"No more."}""", await client.TextAsync());
    }

    // A method that isn't an iterator can throw before it gives its stream.
    [Fact]
    public async Task A_stream_that_never_started_leaves_its_id_and_its_place()
    {
        await using var server = Server(options => options.MaxConcurrentStreams = 1);
        var client = await server.OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.TextAsync("""{"type":"refused","id":1}""");

            Assert.Equal("""{"type":"error","id":1,"code":"gone","message":"No more."}""", await client.TextAsync());
        }
    }

    [Fact]
    public async Task The_end_of_the_connection_cancels_its_streams()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"endless","id":1}""");
        await client.TextAsync();

        client.Abort();

        await _cancelled.Task.WaitAsync(Patience.Limit);
        await (await _life.NextAsync()).Disposed;
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task A_stream_that_never_waits_lets_others_have_their_turn()
    {
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.SendAsync(WebSockets.ClientFrames.Join([
            WebSockets.ClientFrames.Text("""{"type":"count","id":1,"data":100000}"""), WebSockets.ClientFrames.Text("""{"type":"ping","id":2}""")]));

        var before = 0;
        while (await client.TextAsync() != """{"type":"reply","id":2,"data":{}}""")
        {
            before++;
        }

        Assert.InRange(before, 0, 99_000);
    }

    // The item is made when the cancellation is read: then it must not be sent.
    [Fact]
    public async Task No_item_follows_the_answer_to_what_was_sent_after_the_cancellation()
    {
        var items = new HeldNumbers();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) =>
            call.Name.SequenceEqual("ping"u8) ? call.Done()
            : call.TryOpenStream(out var stream) ? call.Stream(CountSlowly(), stream, items)
            : default)));
        var client = await server.OpenAsync();
        await client.TextAsync("""{"type":"count","id":1}""");
        Assert.Equal("""{"type":"next","id":1,"data":0}""", await client.TextAsync());
        await items.Writing.WaitAsync(Patience.Limit);

        await client.TextAsync("""{"type":"complete","id":1}""");
        await client.TextAsync("""{"type":"ping","id":2}""");
        Assert.Equal("""{"type":"reply","id":2,"data":{}}""", await client.TextAsync());
        items.Release();

        await (await _life.NextAsync()).Connection.Session!.Processor!.WhenIdleAsync().WaitAsync(Patience.Limit);
        await client.TextAsync("""{"type":"ping","id":3}""");
        Assert.Equal("""{"type":"reply","id":3,"data":{}}""", await client.TextAsync());
    }

    [Fact]
    public async Task No_error_follows_the_cancellation_but_a_fault_still_closes()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(_life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) =>
            call.TryOpenStream(out var stream) ? call.Stream(FailWhenCancelled(call.Name.SequenceEqual("fault"u8), stream.Cancelled), stream, TestProtocol.Numbers) : default)));
        var client = await server.OpenAsync();
        var processor = (await _life.NextAsync()).Connection.Session!.Processor!;
        await client.TextAsync("""{"type":"meant","id":1}""");
        await client.TextAsync();
        await client.TextAsync("""{"type":"complete","id":1}""");
        await processor.WhenIdleAsync().WaitAsync(Patience.Limit);

        await client.TextAsync("""{"type":"fault","id":2}""");
        Assert.Equal("""{"type":"next","id":2,"data":0}""", await client.TextAsync());
        await client.TextAsync("""{"type":"complete","id":2}""");

        Assert.Equal(1011, (await client.FrameAsync()).Code);
    }

    private static async IAsyncEnumerable<int> FailWhenCancelled(bool isFault, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 0;
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(cancelled.SetResult);
        await cancelled.Task;
        throw isFault ? new InvalidOperationException("broken") : new MessageException("gone", "No more.");
    }

    private static async IAsyncEnumerable<int> CountSlowly()
    {
        for (var i = 0; ; i++)
        {
            yield return i;
            await Task.Yield();
        }
    }

    /// <summary>Writes numbers, and stops at 1 until it is released.</summary>
    private sealed class HeldNumbers : PayloadSerializer<int>
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _release = new();

        public Task Writing => _writing.Task;

        public void Release() => _release.SetResult();

        public override int Read(ReadOnlySpan<byte> payload) => throw new NotSupportedException();

        public override void Write(System.Buffers.IBufferWriter<byte> output, int value)
        {
            if (value == 1)
            {
                _writing.SetResult();
                Assert.True(_release.Task.Wait(Patience.Limit));
            }

            TestProtocol.Numbers.Write(output, value);
        }
    }

    private TestServer Server(Action<UpgradeOptions>? options = null) =>
        new(builder => builder.AddProtocol(TestProtocol.Json(_life, Dispatch)), options);

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        if (call.Name.SequenceEqual("ping"u8))
        {
            return call.Done();
        }

        if (call.Name.SequenceEqual("hold"u8))
        {
            return call.Done(_release.Task);
        }

        var count = 0;
        if (call.Name.SequenceEqual("count"u8) && !call.TryRead(TestProtocol.Numbers, out count))
        {
            return default;
        }

        if (!call.TryOpenStream(out var stream))
        {
            return default;
        }

        var items = call.Name.Length switch
        {
            5 => Count(count),
            7 when call.Name.SequenceEqual("refused"u8) => throw new MessageException("gone", "No more."),
            7 when call.Name.SequenceEqual("failing"u8) => Failing(),
            _ => Endless(stream.Cancelled),
        };
        return call.Stream(items, stream, TestProtocol.Numbers);
    }

    private static async IAsyncEnumerable<int> Count(int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return i;
        }

        await Task.CompletedTask;
    }

    private async IAsyncEnumerable<int> Endless([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            yield return 0;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _cancelled.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<int> Failing()
    {
        yield return 0;
        await Task.Yield();
        throw new MessageException("gone", "No more.");
    }
}
