using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Diagnostics;

/// <summary>The traces of connections and their messages.</summary>
public sealed class ActivityTests : IDisposable
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    // Other tests' connections have activities too, as long as this listens: those of this one are on a path of their own.
    private readonly string _path = $"/traced-{Guid.NewGuid():N}";
    private readonly TestLife _life = new();
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivityListener _listener;
    private ActivitySamplingResult _sampling = ActivitySamplingResult.AllDataAndRecorded;

    public ActivityTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "UpgradeProtocols",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => _sampling,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("http.route"), _path))
                {
                    _stopped.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_connection_continues_the_clients_trace_and_tells_how_it_ended()
    {
        await using var server = Server();
        var client = await server.OpenAsync(_path, $"Sec-WebSocket-Protocol: chat.v1\r\ntraceparent: {Parent}\r\n");

        await client.CloseAsync(4321);
        await server.EndedAsync();

        var connection = Assert.Single(_stopped);
        Assert.Equal(("UpgradeProtocols.Connection", "upgrade chat.v1", ActivityKind.Server), (connection.OperationName, connection.DisplayName, connection.Kind));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", connection.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", connection.ParentSpanId.ToHexString());
        Assert.Equal(("chat.v1", 4321, "peer"), (connection.GetTagItem("upgrade.protocol"), connection.GetTagItem("upgrade.close.code"), connection.GetTagItem("upgrade.close.initiator")));
        Assert.Equal(ActivityStatusCode.Unset, connection.Status);
    }

    [Theory]
    [InlineData("now")]
    [InlineData("later")]
    [InlineData("count")]
    public async Task A_message_is_a_trace_of_its_own_linked_to_its_connection(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync(_path, "Sec-WebSocket-Protocol: chat.v1\r\n");

        await client.TextAsync($$"""{"type":"{{message}}","id":1}""");
        await client.TextAsync($$"""{"type":"{{message}}","id":2}""");
        await client.CloseAsync();
        await server.EndedAsync();

        var connection = Assert.Single(_stopped, activity => activity.OperationName == "UpgradeProtocols.Connection");
        var messages = _stopped.Where(activity => activity.OperationName == "UpgradeProtocols.Message").ToArray();
        Assert.Equal(2, messages.Length);
        Assert.All(messages, activity =>
        {
            Assert.Equal(($"chat.v1 {message}", message), (activity.DisplayName, activity.GetTagItem("upgrade.message")));
            Assert.Equal(default, activity.ParentSpanId);
            Assert.NotEqual(connection.TraceId, activity.TraceId);
            Assert.Equal(connection.SpanId, Assert.Single(activity.Links).Context.SpanId);
        });
        Assert.NotEqual(messages[0].TraceId, messages[1].TraceId);
        Assert.Equal(2, _current.Count);
        Assert.Equal(messages.Select(activity => activity.SpanId).Order(s_bySpan), _current.Order(s_bySpan));
    }

    [Theory]
    [InlineData("fails")]
    [InlineData("fails-later")]
    public async Task A_failure_shows_on_the_message_and_on_the_connection(string message)
    {
        await using var server = Server();
        var client = await server.OpenAsync(_path, "Sec-WebSocket-Protocol: chat.v1\r\n");

        await client.TextAsync($$"""{"type":"{{message}}"}""");
        await client.UntilCloseAsync();
        await client.CloseAsync(1011);
        await server.EndedAsync();

        Assert.All(_stopped, activity => Assert.Equal(ActivityStatusCode.Error, activity.Status));
        Assert.Equal("System.FormatException", Assert.Single(_stopped, activity => activity.OperationName == "UpgradeProtocols.Message").GetTagItem("error.type"));
        Assert.Equal(2, _stopped.Count);
    }

    [Fact]
    public async Task A_sampled_out_trace_makes_no_activity_and_the_messages_go_on()
    {
        _sampling = ActivitySamplingResult.None;
        await using var server = Server();
        var client = await server.OpenAsync(_path, "Sec-WebSocket-Protocol: chat.v1\r\n");

        await client.TextAsync("""{"type":"later","id":1}""");
        await client.TextAsync();
        await client.CloseAsync();
        await server.EndedAsync();

        Assert.Empty(_stopped);
        Assert.Empty(_current);
    }

    private static readonly Comparer<ActivitySpanId> s_bySpan = Comparer<ActivitySpanId>.Create((a, b) => string.CompareOrdinal(a.ToHexString(), b.ToHexString()));
    private readonly ConcurrentQueue<ActivitySpanId> _current = new();

    private TestServer Server() => new(builder => builder.AddProtocol(TestProtocol.Json(_life, Dispatch, _path, "chat.v1")));

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "now":
                NoteCurrent();
                return call.Done();
            case "later":
                return call.Done(LaterAsync());
            case "count":
                return call.TryOpenStream(out var stream) ? call.Stream(CountAsync(), stream, TestProtocol.Numbers) : default;
            case "fails":
                throw new FormatException();
            default:
                return call.Done(FailLaterAsync());
        }
    }

    private void NoteCurrent()
    {
        if (Activity.Current is { } current)
        {
            _current.Enqueue(current.SpanId);
        }
    }

    private async Task LaterAsync()
    {
        await Task.Yield();
        NoteCurrent();
    }

    private static async Task FailLaterAsync()
    {
        await Task.Yield();
        throw new FormatException();
    }

    private async IAsyncEnumerable<int> CountAsync()
    {
        await Task.Yield();
        NoteCurrent();
        yield return 1;
    }
}
