using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Backplane;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The end of a request, of a presence query or of a compressed connection leaves nothing behind.</summary>
public class NotKeptTests
{
    private const int UnexpectedReply = 106;

    private readonly TestLife _life = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_ended_without_a_reply_is_forgotten(bool timesOut)
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing)),
            options => options.KeepAliveInterval = Timeout.InfiniteTimeSpan);
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        var events = new EventsProxy(ClientTarget.One(server.Hub, connection));
        using var cancellation = new CancellationTokenSource();
        var reply = events.AskAsync("?", cancellation.Token).AsTask();
        await client.TextAsync();

        if (timesOut)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => server.AdvanceUntilAsync(reply));
        }
        else
        {
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reply);
        }

        Assert.DoesNotContain(server.Logs.Entries, static entry => entry.Id == UnexpectedReply);
        await client.TextAsync("""{"type":"reply","id":1,"data":"late"}""");
        await Eventually.TrueAsync(() => server.Logs.Entries.Any(static entry => entry.Id == UnexpectedReply), "the late reply has no request");
    }

    // With an open request more may wait, because its reply may come behind it.
    [Fact]
    public async Task After_a_request_timed_out_less_may_wait_again()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Json(
                _life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Done(release.Task))),
            options => (options.MaxWaitingBytes, options.KeepAliveInterval) = (10, Timeout.InfiniteTimeSpan));
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        await client.TextAsync("""{"type":"busy"}""");
        var reply = new EventsProxy(ClientTarget.One(server.Hub, connection)).AskAsync("?").AsTask();
        await client.TextAsync("""{"type":"waits"}""");
        Assert.False(connection.Session!.Processor!.IsFull);

        await Assert.ThrowsAsync<TimeoutException>(() => server.AdvanceUntilAsync(reply));

        Assert.True(connection.Session.Processor.IsFull);
        release.SetResult();
    }

    [Fact]
    public async Task A_presence_query_that_was_not_answered_is_forgotten()
    {
        var network = new InProcessNetwork();
        await using var one = await TestNode.StartAsync(_ => network.Connect());
        var two = await TestNode.StartAsync(_ => network.Connect());
        await TestNode.MeetAsync(one, two);
        two.Server.Hub.Clock.Remove(two.Link);
        await two.Server.DisposeAsync();
        using var cancellation = new CancellationTokenSource();
        var asked = one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken).AsTask();
        var cancelled = one.Presence.GetGroupAsync("room", cancellationToken: cancellation.Token).AsTask();
        Assert.Equal(2, one.Server.Hub.Presence.Waiting);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(1, one.Server.Hub.Presence.Waiting);
        await one.Server.AdvanceUntilAsync(asked);

        Assert.Equal(0, one.Server.Hub.Presence.Waiting);
    }

    [Theory]
    [InlineData("close")]
    [InlineData("reset")]
    [InlineData("fin")]
    [InlineData("abort")]
    [InlineData("broken frame")]
    public async Task The_only_compressor_serves_the_next_connection_however_the_first_ends(string end)
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                HandlerType = typeof(TestHandler),
                Compression = true,
                Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), _life, TestProtocol.Echo),
            }),
            options => options.Compression.MaxContexts = 1);
        for (var i = 0; i < 3; i++)
        {
            var client = await server.OpenAsync("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
            var connection = (await _life.NextAsync()).Connection;
            await connection.SendAsync(new string('x', 1000), TestContext.Current.CancellationToken);
            Assert.True((await client.FrameAsync()).Rsv1);
            Assert.Equal(1, server.Hub.Deflate.ContextLimit!.Count);
            switch (end)
            {
                case "close":
                    await client.CloseAsync();
                    break;
                case "reset":
                    client.Abort();
                    break;
                case "fin":
                    client.Shut();
                    break;
                case "abort":
                    connection.Abort();
                    break;
                default:
                    await client.FrameAsync(3, default);
                    client.Abort();
                    break;
            }

            await Eventually.TrueAsync(() => server.Hub.Deflate.ContextLimit.Count == 0, "the compressor is free");
        }
    }
}
