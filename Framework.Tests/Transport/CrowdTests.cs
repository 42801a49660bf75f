using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T3")]
public class CrowdTests
{
    [Fact]
    public async Task A_good_client_is_served_beside_a_crowd_of_bad_clients()
    {
        var life = new TestLife();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo)));
        var silent = Enumerable.Range(0, 1000).Select(_ => server.Connect()).ToArray();
        var slow = Enumerable.Range(0, 20).Select(_ => server.Connect()).ToArray();
        var deaf = server.Connect(holdUpAt: 1024);
        await deaf.SendAsync(TestClient.Upgrade("/"));
        var toDeaf = await life.NextAsync();
        await Eventually.TrueAsync(() => server.Hub.Count == 1, "the deaf one is open");
        var good = await server.OpenAsync();
        await server.BegunAsync();
        var handshake = TestClient.Upgrade("/");

        for (var second = 0; second < 9; second++)
        {
            _ = SendAsync(toDeaf);
            foreach (var client in slow)
            {
                await client.SendAsync(handshake[second..(second + 1)]);
            }

            await good.TextAsync($"message {second}");
            Assert.Equal($"message {second}", await good.TextAsync());
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // The server also serves a new client.
        var newcomer = await server.OpenAsync();
        await newcomer.TextAsync("hello");
        Assert.Equal("hello", await newcomer.TextAsync());

        // The bad clients are gone: the server closes silent clients without a response, and slow clients with 408.
        await server.AdvanceUntilAsync(Task.WhenAll(silent.Select(client => client.EndAsync())), TimeSpan.FromSeconds(4));
        var refused = Task.WhenAll(slow.Select(client => client.ResponseAsync()));
        await server.AdvanceUntilAsync(refused, TimeSpan.FromSeconds(4));
        Assert.All(await refused, response => Assert.Equal(408, response.Status));

        await good.TextAsync("after");
        Assert.Equal("after", await good.TextAsync());
    }

    [Fact]
    public async Task A_client_that_sends_without_reading_only_delays_itself()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo)),
            options => options.MaxOutboundBytes = 64 * 1024);
        var deaf = await server.OpenAsync(holdUpAt: 4096);
        var flood = Task.CompletedTask;
        for (var i = 0; i < 100; i++)
        {
            flood = deaf.Post(ClientFrames.Text(new string('x', 10_000)));
        }

        var good = await server.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await good.TextAsync($"message {i}");
            Assert.Equal($"message {i}", await good.TextAsync());
        }

        Assert.False(flood.IsCompleted);
    }

    private static async Task SendAsync(TestHandler handler) => await handler.Connection.SendAsync(new string('x', 300_000));

    [Fact]
    public async Task A_good_client_is_served_on_sockets_beside_a_crowd_of_bad_clients()
    {
        await using var host = await TransportHost.StartAsync();
        var crowd = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => host.SocketAsync(host.EndPoint)));
        var deaf = await host.ConnectAsync();
        await deaf.OpenAsync("/echo");
        _ = deaf.Post(ClientFrames.Join(Enumerable.Repeat(ClientFrames.Text(new string('x', 60_000)), 200)));
        var good = await host.ConnectAsync();
        await good.OpenAsync("/echo");
        for (var i = 0; i < 20; i++)
        {
            await good.TextAsync($"message {i}");
            Assert.Equal($"message {i}", await good.TextAsync());
        }

        Assert.All(crowd, socket => Assert.True(socket.Connected));
    }
}
