using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>The application's own code before the 101, or instead of it, has a limit in time.</summary>
public class AnswerTimeoutTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(7);

    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_responder_that_is_too_late_is_cancelled_and_answered_with_503()
    {
        await using var server = Server(builder => builder.MapGet("/", async (_, ct) =>
        {
            await using var registration = ct.Register(_cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, ct);
            return RegularResponse.Text("never");
        }));
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

        var answering = client.ResponseAsync();
        var taken = await server.AdvanceUntilAsync(answering);

        var response = await answering;
        Assert.Equal((503, "close"), (response.Status, response["Connection"]));
        Assert.InRange(taken, s_timeout - TimeSpan.FromSeconds(1), s_timeout + TimeSpan.FromSeconds(2));
        await _cancelled.Task.WaitAsync(Patience.Limit);
        client.Shut();
        await client.EndAsync();
        await server.EndedAsync();
        Assert.Equal([20], server.Logs.AboveDebug.Select(entry => entry.Id));
    }

    // Its bytes are pooled: another connection must not get them while it reads them.
    [Fact]
    public async Task The_request_is_there_until_a_late_responder_has_ended()
    {
        var path = new TaskCompletionSource<string>();
        await using var server = Server(builder => builder.MapGet("/late", async (request, _) =>
        {
            await _release.Task;
            path.SetResult(request.Fields["X-Mine"] + request.Path);
            throw new InvalidOperationException("too late anyway");
        }));
        var client = server.Connect();
        await client.SendAsync("GET /late HTTP/1.1\r\nHost: localhost\r\nX-Mine: mine\r\n\r\n");
        var answering = client.ResponseAsync();
        await server.AdvanceUntilAsync(answering);
        Assert.Equal(503, (await answering).Status);
        client.Shut();
        await client.EndAsync();
        var other = server.Connect();
        await other.SendAsync("GET /else HTTP/1.1\r\nHost: localhost\r\nX-Mine: evil\r\n\r\n");
        await other.ResponseAsync();
        other.Shut();

        _release.SetResult();
        await server.EndedAsync();

        Assert.Equal("mine/late", await path.Task);
        Assert.Contains(server.Logs.Entries, entry => entry is { Id: 12, Exception: InvalidOperationException });
    }

    [Fact]
    public async Task An_OnUpgrading_method_that_is_too_late_is_cancelled_and_answered_with_503()
    {
        _life.Upgrading = async handler =>
        {
            await using var registration = handler.Connection.Closed.Register(_cancelled.SetResult);
            await _release.Task;
            return UpgradeResult.Accept();
        };
        await using var server = Server(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        var handler = await _life.CreatedAsync();

        var answering = client.ResponseAsync();
        await server.AdvanceUntilAsync(answering);

        Assert.Equal(503, (await answering).Status);
        await _cancelled.Task.WaitAsync(Patience.Limit);
        client.Shut();
        Assert.False(handler.Disposed.IsCompleted);
        _release.SetResult();
        await handler.Disposed;
        await server.EndedAsync();
        Assert.Empty(server.Hub.List());
    }

    [Fact]
    public async Task Without_a_limit_an_answer_may_take_any_time()
    {
        await using var server = Server(
            builder => builder.MapGet("/", async (_, _) =>
            {
                await _release.Task;
                return RegularResponse.Text("at last");
            }),
            Timeout.InfiniteTimeSpan);
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        server.Time.Advance(TimeSpan.FromHours(1));

        _release.SetResult();

        Assert.Equal("at last", (await client.ResponseAsync()).Body);
    }

    private static TestServer Server(Action<UpgradeProtocolsBuilder> configure, TimeSpan? timeout = null) =>
        new(configure, options => options.AnswerTimeout = timeout ?? s_timeout);
}
