using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A connection is found until it ends, and not until its handler has.</summary>
public class PresenceAtTheEndTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("reset")]
    [InlineData("fin")]
    [InlineData("close")]
    [InlineData("abort")]
    [InlineData("abort under a blocked reader")]
    public async Task A_connection_that_has_ended_while_its_method_runs_is_not_found(string end)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IReadOnlyCollection<string> groups = [];
        _life.Disconnected = (handler, _) =>
        {
            groups = handler.Connection.Groups;
            return handler.Connection.LeaveAsync("room");
        };
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, Hold)));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        var connection = handler.Connection;
        connection.SetUser(new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity([new("sub", "ann")], "test")));
        await connection.JoinAsync("room", TestContext.Current.CancellationToken);
        var connections = server.Services.GetRequiredService<IConnections>();
        Assert.Equal((1, 1, 1), (connections.Count, connections.FindByGroup("room").Count, connections.FindByUser("ann").Count));
        _ = client.Post(ClientFrames.Text("work"));
        await begun.Task.WaitAsync(Patience.Limit);

        switch (end)
        {
            case "reset":
                client.Abort();
                break;
            case "fin":
                client.Shut();
                break;
            case "close":
                await client.CloseAsync();
                break;
            default:
                connection.Abort();
                break;
        }

        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => connections.Count == 0, Patience.Limit)));
        Assert.Empty(connections.List());
        Assert.Null(connections.Find(connection.Id));
        Assert.Empty(connections.FindByGroup("room"));
        Assert.Empty(connections.FindByUser("ann"));
        Assert.Equal(0, server.Hub.Everyone.Count);
        var presence = server.Services.GetService<IPresence>();
        Assert.Equal(0, presence is null ? 0 : (await presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken)).Count);

        // A server that stops waits for the method all the same.
        var empty = server.Hub.WhenEmptyAsync();
        Assert.False(empty.IsCompleted);
        Assert.Contains(connection, server.Hub.Snapshot());
        Assert.Empty(handler.Disconnections);

        _release.SetResult();
        await handler.Disposed;
        await empty.WaitAsync(Patience.Limit);
        Assert.Single(handler.Disconnections);
        Assert.Equal(["room"], groups);

        ValueTask Hold(TestHandler handler, ref MessageCall<RawMessageFormat> call)
        {
            begun.TrySetResult();
            if (end.EndsWith("reader", StringComparison.Ordinal))
            {
                _release.Task.Wait();
                return call.Done();
            }

            return call.Done(_release.Task);
        }
    }

    // The reader doesn't get to the end: its thread is a method's, or so much waits that it has stopped. The transport knows.
    [Theory]
    [InlineData(true, "reset")]
    [InlineData(true, "fin")]
    [InlineData(false, "reset")]
    [InlineData(false, "fin")]
    public async Task A_connection_whose_end_is_not_read_yet_is_not_found(bool isBlocked, string end)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Hold)), options => options.MaxWaitingBytes = 1);
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        await handler.Connection.JoinAsync("room", TestContext.Current.CancellationToken);
        var connections = server.Services.GetRequiredService<IConnections>();
        _ = client.Post(ClientFrames.Join(Enumerable.Range(1, 9).Select(static i => ClientFrames.Text($"{i}"))));
        await begun.Task.WaitAsync(Patience.Limit);
        var lane = handler.Connection.Session!.Processor!;
        Assert.True(isBlocked || await Task.Run(() => SpinWait.SpinUntil(() => lane.IsFull, Patience.Limit)));

        if (end == "reset")
        {
            client.Abort();
        }
        else
        {
            client.Shut();
        }

        await Eventually.TrueAsync(
            () =>
            {
                server.Time.Advance(TimeSpan.FromMilliseconds(250));
                return connections.Count == 0 && connections.FindByGroup("room").Count == 0;
            },
            "nobody finds it");
        _release.SetResult();
        await server.AdvanceUntilAsync(handler.Disposed);
        Assert.Single(handler.Disconnections);

        ValueTask Hold(TestHandler handler, ref MessageCall<RawMessageFormat> call)
        {
            begun.TrySetResult();
            if (isBlocked)
            {
                _release.Task.Wait();
            }

            return call.Done(_release.Task);
        }
    }

    [Fact]
    public async Task A_framed_peer_that_has_ended_its_direction_is_still_there()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Lines(
            _life, (TestHandler _, ref MessageCall<RawMessageFormat> call) => call.Done(_release.Task))));
        var client = server.Connect();
        await client.OpenRawAsync("/", "lines/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("work\n");
        client.Shut();
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => handler.Connection.Conversation.PeerHasEnded, Patience.Limit)));

        Assert.Equal(1, server.Hub.Count);
        await handler.Connection.SendAsync("news", TestContext.Current.CancellationToken);
        _release.SetResult();

        Assert.Equal("news\n", await client.RestAsync());
        await handler.Disposed;
        Assert.Equal(0, server.Hub.Count);
    }
}
