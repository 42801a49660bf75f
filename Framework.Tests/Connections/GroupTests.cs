using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

public class GroupTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task A_push_to_a_group_reaches_its_members_but_the_excepted()
    {
        await using var server = Server();
        var (one, first) = await OpenAsync(server);
        var (two, second) = await OpenAsync(server);
        var (three, _) = await OpenAsync(server);
        await first.JoinAsync("room");
        await second.JoinAsync("room");
        var clients = Clients(server);

        Assert.Equal(SendOutcome.Sent, await clients.Group("room").SaidAsync("all"));
        Assert.Equal(SendOutcome.Sent, await clients.Group("room", except: first).SaidAsync("second only"));
        await clients.Except(second).SaidAsync("not second");
        await clients.All.SaidAsync("everyone");

        Assert.Equal(["all", "not second", "everyone"], await SaidAsync(one, 3));
        Assert.Equal(["all", "second only", "everyone"], await SaidAsync(two, 3));
        Assert.Equal(["not second", "everyone"], await SaidAsync(three, 2));
    }

    [Fact]
    public async Task A_pipe_in_the_group_has_no_messages_and_takes_none_from_the_others()
    {
        var pipes = new TestLife();
        var end = new TaskCompletionSource();
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing));
            builder.AddProtocol(new ProtocolEntry
            {
                Path = "/pipe",
                Name = "pipe/1",
                Kind = UpgradeKind.Raw,
                HandlerType = typeof(TestHandler),
                Dispatcher = new TestPipeDispatcher(pipes, (_, _) => end.Task),
                ClientType = typeof(IEvents),
            });
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        });
        var pipe = server.Connect();
        await pipe.SendAsync(TestClient.UpgradeRaw("/pipe", "pipe/1"));
        Assert.Equal(101, (await pipe.ResponseAsync()).Status);
        var (client, connection) = await OpenAsync(server);
        await (await pipes.NextAsync()).Connection.JoinAsync("room");
        await connection.JoinAsync("room");

        Assert.Equal(SendOutcome.Sent, await Clients(server).Group("room").SaidAsync("all"));

        Assert.Equal(["all"], await SaidAsync(client, 1));
        end.SetResult();
    }

    [Fact]
    public async Task A_member_that_left_gets_nothing_and_an_empty_group_is_not_an_error()
    {
        await using var server = Server();
        var (client, connection) = await OpenAsync(server);
        await connection.JoinAsync("room");
        await connection.JoinAsync("room");
        Assert.Equal(["room"], connection.Groups);
        Assert.Single(server.Hub.FindByGroup("room"));

        await connection.LeaveAsync("room");
        await connection.LeaveAsync("room");
        Assert.Equal(SendOutcome.Sent, await Clients(server).Group("room").SaidAsync("left"));
        await Clients(server).Connection(connection).SaidAsync("direct");

        Assert.Equal(["direct"], await SaidAsync(client, 1));
        Assert.Empty(connection.Groups);
        Assert.Empty(server.Hub.FindByGroup("room"));
    }

    [Fact]
    public async Task The_groups_can_be_read_in_OnDisconnected_and_are_left_after_it()
    {
        IReadOnlyCollection<string> seen = [];
        _life.Disconnected = (handler, _) =>
        {
            seen = handler.Connection.Groups;
            return default;
        };
        await using var server = Server();
        var (client, connection) = await OpenAsync(server, out var handler);
        await connection.JoinAsync("room");

        client.Abort();
        await handler().Disposed;

        Assert.Equal(["room"], seen);
        Assert.Empty(server.Hub.FindByGroup("room"));
    }

    // The test still references the connection. It must not become a member that never leaves.
    [Fact]
    public async Task A_connection_that_has_ended_joins_no_more()
    {
        await using var server = Server();
        var (client, connection) = await OpenAsync(server, out var handler);
        client.Abort();
        await handler().Disposed;

        await connection.JoinAsync("room");

        Assert.Empty(server.Hub.FindByGroup("room"));
        Assert.Equal(SendOutcome.Closed, await connection.SendAsync("x"));
    }

    [Fact]
    public async Task A_group_joined_before_the_upgrade_is_joined_with_it()
    {
        var release = new TaskCompletionSource<UpgradeResult>();
        _life.Upgrading = async handler =>
        {
            await handler.Connection.JoinAsync("room");
            return await release.Task;
        };
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        var handler = await _life.CreatedAsync();

        Assert.Equal(SendOutcome.Sent, await Clients(server).Group("room").SaidAsync("too early"));
        release.SetResult(UpgradeResult.Accept());
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        await handler.Opened;
        await Clients(server).Group("room").SaidAsync("now");

        Assert.Equal(["now"], await SaidAsync(client, 1));
    }

    [Fact]
    public async Task A_refused_upgrade_leaves_no_member_behind()
    {
        _life.Upgrading = async handler =>
        {
            await handler.Connection.JoinAsync("room");
            return UpgradeResult.Refuse(403, "no");
        };
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));

        Assert.Equal(403, (await client.ResponseAsync()).Status);
        Assert.Empty(server.Hub.FindByGroup("room"));
    }

    [Fact]
    public async Task A_broadcast_is_encoded_once_for_each_protocol_and_leaves_out_those_without_the_contract()
    {
        var codec = new CountingCodec();
        await using var server = new TestServer(builder =>
        {
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
            foreach (var path in new[] { "/a", "/b" })
            {
                var entry = TestProtocol.Json(_life, TestProtocol.Nothing, path);
                builder.AddProtocol(new ProtocolEntry
                {
                    Path = path,
                    IsDefault = true,
                    HandlerType = entry.HandlerType,
                    Dispatcher = entry.Dispatcher,
                    Codec = codec,
                    ClientType = typeof(IEvents),
                });
            }

            builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/raw"));
        });
        var clients = new List<TestClient>();
        foreach (var path in new[] { "/a", "/a", "/a", "/b", "/b", "/raw" })
        {
            clients.Add(await server.OpenAsync(path));
            await _life.NextAsync();
        }

        await Clients(server).All.SaidAsync("hi");

        foreach (var client in clients.Take(5))
        {
            Assert.Equal(["hi"], await SaidAsync(client, 1));
        }

        Assert.Equal(2, codec.Written);
        await clients[5].TextAsync("only the echo");
        Assert.Equal("only the echo", await clients[5].TextAsync());
    }

    [Fact]
    public async Task Connections_are_found_by_id_and_user_while_they_are_open()
    {
        _life.Upgrading = handler =>
        {
            handler.Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "test")));
            return new(UpgradeResult.Accept());
        };
        await using var server = Server();
        var connections = server.Services.GetRequiredService<IConnections>();
        var (one, first) = await OpenAsync(server, out var handler);
        var (two, second) = await OpenAsync(server);

        Assert.Equal(2, connections.Count);
        Assert.Equal(2, connections.FindByUser("ann").Count);
        Assert.Same(first, connections.Find(first.Id));
        Assert.NotEqual(first.Id, second.Id);
        await Clients(server).User("ann").SaidAsync("both");
        await Clients(server).Connection(second.Id).SaidAsync("second");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Clients(server).User("ann").AskAsync("which?"));
        second.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "bob")], "test")));
        await Clients(server).User("bob").SaidAsync("bob");
        await Clients(server).User("ann").SaidAsync("ann");
        await Clients(server).User("nobody").SaidAsync("nobody");

        Assert.Equal(["both", "ann"], await SaidAsync(one, 2));
        Assert.Equal(["both", "second", "bob"], await SaidAsync(two, 3));
        one.Abort();
        await handler().Disposed;
        Assert.Empty(connections.FindByUser("ann"));
        Assert.Null(connections.Find(first.Id));
        Assert.Equal(SendOutcome.Closed, await Clients(server).Connection(first.Id).SaidAsync("gone"));
        Assert.Equal([second], connections.List());
    }

    [Fact]
    public async Task Joining_leaving_ending_and_broadcasting_concurrently_lose_nothing()
    {
        await using var server = Server();
        var steady = await OpenAsync(server);
        await steady.Connection.JoinAsync("room");
        var others = new List<UpgradeConnection>();
        for (var i = 0; i < 8; i++)
        {
            others.Add((await OpenAsync(server)).Connection);
        }

        const int Rounds = 500;
        var hammer = others.Select(connection => Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                await connection.JoinAsync("room");
                await connection.JoinAsync($"other {i % 3}");
                await connection.LeaveAsync("room");
                await connection.LeaveAsync($"other {i % 3}");
            }

            connection.Abort();
        }));
        var broadcast = Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                await Clients(server).Group("room").SaidAsync($"{i}");
                await Clients(server).Group("other 1").SaidAsync("x");
            }
        });
        var read = SaidAsync(steady.Client, Rounds);

        await Task.WhenAll([.. hammer, broadcast]);

        Assert.Equal(Enumerable.Range(0, Rounds).Select(i => $"{i}"), await read);
        Assert.Equal([steady.Connection], server.Hub.FindByGroup("room"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Empty(server.Hub.FindByGroup($"other {i}"));
        }
    }

    private static IClients<IEvents> Clients(TestServer server) => server.Services.GetRequiredService<IClients<IEvents>>();

    private static async Task<List<string>> SaidAsync(TestClient client, int count)
    {
        var said = new List<string>();
        while (said.Count < count)
        {
            var message = await client.TextAsync();
            Assert.StartsWith("""{"type":"said","data":""" + "\"", message, StringComparison.Ordinal);
            said.Add(message["{'type':'said','data':'".Length..^2]);
        }

        return said;
    }

    private async Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(TestServer server)
    {
        var client = await server.OpenAsync();
        return (client, (await _life.NextAsync()).Connection);
    }

    private Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(TestServer server, out Func<TestHandler> handler)
    {
        TestHandler? made = null;
        handler = () => made!;
        return OpenAsync();

        async Task<(TestClient, UpgradeConnection)> OpenAsync()
        {
            var client = await server.OpenAsync();
            made = await _life.NextAsync();
            return (client, made.Connection);
        }
    }

    private TestServer Server() => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing));
        builder.AddClientContract<IEvents>(target => new EventsProxy(target));
    });

    private sealed class CountingCodec : IPayloadCodec
    {
        private int _written;

        public int Written => _written;

        public PayloadSerializer<T> GetSerializer<T>() => new Counting<T>(this);

        public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) => TestProtocol.Codec.WriteObject(output, value);

        private sealed class Counting<T>(CountingCodec codec) : PayloadSerializer<T>
        {
            private readonly PayloadSerializer<T> _inner = TestProtocol.Codec.GetSerializer<T>();

            public override T? Read(ReadOnlySpan<byte> payload) => _inner.Read(payload);

            public override void Write(System.Buffers.IBufferWriter<byte> output, T value)
            {
                Interlocked.Increment(ref codec._written);
                _inner.Write(output, value);
            }
        }
    }
}
