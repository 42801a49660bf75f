using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "W10")]
public class StoppingTests
{
    [Fact]
    public async Task Connections_are_closed_in_batches_and_their_handlers_are_awaited()
    {
        var life = new TestLife();
        var release = new TaskCompletionSource();
        life.Disconnected = (_, _) => new(release.Task);
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo)));
        var clients = await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => server.OpenAsync()));
        var handlers = await Task.WhenAll(clients.Select(_ => life.NextAsync()));
        await Eventually.TrueAsync(() => server.Hub.Count == 250, "all are there");

        var told = 0;
        var leaving = clients.Select(LeaveAsync).ToArray();
        using var deadline = new CancellationTokenSource();
        var drain = ConnectionDrain.RunAsync(server.Hub, deadline.Token);
        foreach (var expected in (int[])[100, 200, 250])
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref told) >= expected, $"{expected} are told");
            Assert.Equal(expected, Volatile.Read(ref told));
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await Task.WhenAll(leaving);
        await Task.WhenAll(handlers.Select(handler => handler.Disconnected));
        Assert.False(drain.IsCompleted);
        release.SetResult();
        await drain.SoonAsync();
        Assert.All(handlers, handler => Assert.Equal((1001, CloseInitiator.Local), (Assert.Single(handler.Disconnections).Code, handler.Disconnections[0].Initiator)));
        Assert.Equal(0, server.Hub.Count);

        async Task LeaveAsync(TestClient client)
        {
            Assert.Equal(1001, (await client.UntilCloseAsync()).Code);
            Interlocked.Increment(ref told);
            await client.CloseAsync(1001);
            await client.EndAsync();
        }
    }

    [Fact]
    public async Task A_stopping_server_refuses_upgrades_closes_connections_and_ends()
    {
        var life = new TestLife();
        var release = new TaskCompletionSource();
        life.Disconnected = (_, _) => new(release.Task);
        await using var host = await TransportHost.StartAsync(configure: builder => builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, "/slow")));
        var open = await host.ConnectAsync();
        await open.OpenAsync("/slow");
        var newcomer = await host.ConnectAsync();
        await newcomer.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(200, (await newcomer.ResponseAsync()).Status);

        var stop = host.StopAsync();
        Assert.Equal(1001, (await open.UntilCloseAsync()).Code);
        await newcomer.SendAsync(TestClient.Upgrade("/echo"));
        Assert.Equal(503, (await newcomer.ResponseAsync()).Status);
        await open.CloseAsync(1001);
        await open.EndAsync();
        var handler = await life.NextAsync();
        Assert.Equal(1001, (await handler.Disconnected).Code);
        Assert.False(stop.IsCompleted);
        release.SetResult();
        await stop.SoonAsync();
        Assert.Single(handler.Disconnections);
    }

    [Fact]
    public async Task Connections_that_are_open_at_the_deadline_are_aborted()
    {
        var life = new TestLife();
        var time = new FakeTimeProvider();
        await using var host = await TransportHost.StartAsync(
            configure: builder =>
            {
                builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, "/ws"));
                builder.AddProtocol(TestProtocol.Pipe(life, async (_, pipe) => await pipe.Input.ReadAsync(), "/pipe"));
            },
            options: options => options.CloseTimeout = TimeSpan.FromMinutes(10),
            time: time);
        var socket = await host.ConnectAsync();
        await socket.OpenAsync("/ws");
        var pipe = await host.ConnectAsync();
        await pipe.OpenRawAsync("/pipe", "pipe/1");
        var handlers = new[] { await life.NextAsync(), await life.NextAsync() };
        await Eventually.TrueAsync(() => host.Engine.Hub.Count == 2, "both are there");

        var start = time.GetUtcNow();
        var stop = host.StopAsync();
        Assert.Equal(1001, (await socket.UntilCloseAsync()).Code);
        await time.AdvanceUntilAsync(stop);
        Assert.True(time.GetUtcNow() - start >= TimeSpan.FromSeconds(10));
        foreach (var handler in handlers)
        {
            await handler.Disconnected;
            await handler.Disposed;
            Assert.Single(handler.Disconnections);
        }
    }

    [Fact]
    public async Task Hanging_handlers_delay_the_stop_once_and_are_named_in_the_log()
    {
        var life = new TestLife();
        var time = new FakeTimeProvider();
        var blocking = new TaskCompletionSource();
        var release = new TaskCompletionSource();

        // If an assertion fails, nothing else releases the waiting thread.
        using var patience = new CancellationTokenSource(Patience.Limit);
        using var releasing = patience.Token.Register(() => release.TrySetResult());
        life.Disconnected = (_, _) => new(release.Task);
        await using var host = await TransportHost.StartAsync(
            configure: builder =>
            {
                builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, "/ws"));
                builder.AddProtocol(TestProtocol.Json(
                    life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Done(new ValueTask(release.Task)), "/json"));
                builder.AddProtocol(TestProtocol.Pipe(life, (_, _) => release.Task, "/pipe"));
                builder.AddProtocol(TestProtocol.Raw(
                    life,
                    (TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
                    {
                        blocking.TrySetResult();
                        release.Task.Wait();
                        return TestProtocol.Echo(handler, ref call);
                    },
                    "/blocked"));
            },
            time: time);
        var ending = await host.ConnectAsync();
        await ending.OpenAsync("/ws");
        var first = await life.NextAsync();
        await ending.CloseAsync();
        await first.Disconnected;
        var busy = await host.ConnectAsync();
        await busy.OpenAsync("/json");
        var second = await life.NextAsync();
        await busy.TextAsync("""{"type":"slow","id":1}""");
        await Eventually.TrueAsync(() => second.Connection.Session?.Running?.Contains("'slow'", StringComparison.Ordinal) == true, "the method runs");
        var pipe = await host.ConnectAsync();
        await pipe.OpenRawAsync("/pipe", "pipe/1");
        var third = await life.NextAsync();
        var blocked = await host.ConnectAsync();
        await blocked.OpenAsync("/blocked");
        var fourth = await life.NextAsync();
        await blocked.TextAsync("wait");
        await blocking.Task.SoonAsync();

        var start = time.GetUtcNow();
        var stop = host.StopAsync();
        await Eventually.TrueAsync(() => host.Engine.IsStopping, "it stops");
        while (time.GetUtcNow() - start < TimeSpan.FromSeconds(10))
        {
            Assert.False(stop.IsCompleted);
            time.Advance(TimeSpan.FromMilliseconds(250));
        }

        // The clock no longer advances: the stop waits only until Kestrel has aborted the remaining connections.
        await stop.SoonAsync();
        var message = Assert.Single(host.Logs.AboveDebug, entry => entry.Id == 28).Message;
        Assert.StartsWith("4 connections have not ended within DrainTimeout (10 s)", message, StringComparison.Ordinal);
        Assert.Contains($"[OnDisconnected] of TestHandler on connection {first.Connection.Id}", message, StringComparison.Ordinal);
        Assert.Contains($"'slow' of TestHandler on connection {second.Connection.Id}", message, StringComparison.Ordinal);
        Assert.Contains($"[OnUpgraded] of TestHandler on connection {third.Connection.Id}", message, StringComparison.Ordinal);
        Assert.Contains(
            $"a synchronous message of TestHandler on connection {fourth.Connection.Id}", message, StringComparison.Ordinal);
        release.TrySetResult();
    }

    [Fact]
    public async Task The_log_names_at_most_ten_hanging_handlers()
    {
        var life = new TestLife();
        var release = new TaskCompletionSource();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Pipe(life, (_, _) => release.Task)));
        for (var i = 0; i < 12; i++)
        {
            await server.Connect().OpenRawAsync("/", "pipe/1");
            await life.NextAsync();
        }

        await Eventually.TrueAsync(
            () => server.Hub.Snapshot().Count(connection => connection.Session?.Running is not null) == 12, "all run");
        await ConnectionDrain.RunAsync(server.Hub, new CancellationToken(canceled: true));
        var message = Assert.Single(server.Logs.AboveDebug, entry => entry.Id == 28).Message;
        Assert.Equal(10, message.Split("[OnUpgraded]").Length - 1);
        Assert.EndsWith("and 2 more.", message, StringComparison.Ordinal);
        release.SetResult();
        await server.EndedAsync();
    }

    [Fact]
    public async Task A_connection_that_is_upgraded_during_the_stop_is_closed()
    {
        var life = new TestLife();
        var asked = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        life.Upgrading = async _ =>
        {
            asked.SetResult();
            await release.Task;
            return UpgradeResult.Accept();
        };
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo)));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        await asked.Task.WaitAsync(Patience.Limit);
        await ConnectionDrain.RunAsync(server.Hub, CancellationToken.None);
        release.SetResult();
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        var handler = await life.NextAsync();
        Assert.Equal(1001, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync(1001);
        Assert.Equal(1001, (await handler.Disconnected).Code);
    }
}
