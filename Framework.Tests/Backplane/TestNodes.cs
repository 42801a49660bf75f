using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A node of an application: an engine in memory with its own clock, which the test advances.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TestLife _life;

    private TestNode(TestServer server, TestLife life)
    {
        Server = server;
        _life = life;
    }

    public TestServer Server { get; }

    public BackplaneLink Link => Server.Hub.Backplane!;

    public BackplaneStatus Status => Server.Services.GetRequiredService<IBackplaneMonitor>().Status;

    public IClients<IEvents> Clients => Server.Services.GetRequiredService<IClients<IEvents>>();

    public IPresence Presence => Server.Services.GetRequiredService<IPresence>();

    public static async Task<TestNode> StartAsync(
        Func<IServiceProvider, IBackplane> create, Action<BackplaneOptions>? options = null, Action<UpgradeProtocolsBuilder, TestLife>? protocols = null)
    {
        var life = new TestLife();
        var server = new TestServer(builder =>
        {
            if (protocols is null)
            {
                builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing));
            }
            else
            {
                protocols(builder, life);
            }

            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
            builder.AddBackplane(create, options);
        });
        var node = new TestNode(server, life);
        await node.Link.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => node.Link.IsConnected, "the backplane is connected");
        await node.ReachAsync(BackplaneChannels.Everybody);
        await node.ReachAsync(BackplaneChannels.NodePrefix + node.Link.Node);
        return node;
    }

    // A message that the others publish before a node has subscribed doesn't reach it.
    private async Task ReachAsync(string channel)
    {
        var opened = Link.Channels.Open(channel);
        await opened.WhenOpenAsync(TestContext.Current.CancellationToken);
        opened.Release();
    }

    /// <summary>Connects a client and joins it to groups.</summary>
    public Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(params string[] groups) => OpenAsync(holdUpAt: 64 * 1024, groups);

    /// <summary>Connects a client whose pipe holds <paramref name="holdUpAt"/> bytes, and joins it to groups.</summary>
    public async Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(int holdUpAt, params string[] groups)
    {
        var client = await Server.OpenAsync(holdUpAt: holdUpAt);
        var connection = (await _life.NextAsync()).Connection;
        foreach (var group in groups)
        {
            await connection.JoinAsync(group);
        }

        return (client, connection);
    }

    /// <summary>Advances the clock in steps.</summary>
    public void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(250))
        {
            Server.Time.Advance(TimeSpan.FromMilliseconds(250));
        }
    }

    /// <summary>Freezes the node's process for an hour.</summary>
    public void Freeze() => Server.Freeze();

    /// <summary>Waits until the nodes have known each other long enough to assume that they know all nodes.</summary>
    public static async Task MeetAsync(params TestNode[] nodes)
    {
        await Eventually.TrueAsync(
            () =>
            {
                foreach (var node in nodes)
                {
                    node.Pass(TimeSpan.FromMilliseconds(500));
                }

                return nodes.All(node => node.Link.Nodes.Count == nodes.Length - 1 && node.Link.IsSettled);
            },
            "the nodes know of each other");
    }

    /// <summary>Returns the next text that the client receives.</summary>
    public static async Task<string> SaidAsync(TestClient client)
    {
        var message = await client.TextAsync();
        Assert.StartsWith("""{"type":"said","data":""" + "\"", message, StringComparison.Ordinal);
        return message["{'type':'said','data':'".Length..^2];
    }

    public async ValueTask DisposeAsync()
    {
        Link.Stop();
        await Server.DisposeAsync();
    }
}
