using System.Text.Json;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The settings of a push apply on other nodes too: its policy, its key, and the shapes of its payload.</summary>
public abstract class PushesBetweenNodes
{
    // A client's pipe accepts this many bytes before the server's flush waits; then the queue of this size fills.
    private const int Pipe = 100;
    private const int Queue = 1000;
    private const int Many = 30;

    private static readonly PushMethod<string> s_plain = new("plain");
    private static readonly PushMethod<Price> s_price = Latest("price");
    private static readonly PushMethod<Price> s_volume = Latest("volume");

    private static readonly PushMethod<Price> s_projected = new("price")
    {
        Projections = [PushProjection.To<Price, string>(["v1"], static price => $"{price.Symbol} for {price.Value}")],
    };

    /// <summary>Creates the backplane of another node.</summary>
    private protected abstract IBackplane Create();

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    public async Task The_policy_of_a_push_overrides_that_of_the_receiver_s_protocol(SlowConsumerPolicy own)
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync(SlowConsumerPolicy.Close);
        var (slow, _) = await OpenHeldUpAsync(two, "room");
        var (reading, _) = await two.OpenAsync("room");
        var push = new PushMethod<string>("plain") { SlowConsumer = own };

        for (var i = 0; i < Many; i++)
        {
            Assert.Equal(SendOutcome.Sent, await Group(one, "room").Push(push, Numbered(i)));
        }

        // The later client gets each push after the slow one: when it has the last push, all have been offered to the slow one's queue.
        await ReadAsync(reading, Many);
        await AssertKeptAsync(slow, isFirst: own == SlowConsumerPolicy.DropNewest);
    }

    // The sender is on another node, so no caller can wait.
    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.Close)]
    [InlineData(SlowConsumerPolicy.Wait)]
    public async Task A_push_that_closes_or_waits_closes_a_connection_that_does_not_read(SlowConsumerPolicy own)
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync(SlowConsumerPolicy.DropNewest);
        var (slow, _) = await OpenHeldUpAsync(two, "room");
        var push = new PushMethod<string>("plain") { SlowConsumer = own };

        for (var i = 0; i < Many; i++)
        {
            Assert.Equal(SendOutcome.Sent, await Group(one, "room").Push(push, Numbered(i)));
        }

        Assert.Equal(1008, (await slow.UntilCloseAsync()).Code);
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_newer_push_of_the_same_method_and_key_replaces_the_older()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (slow, _) = await OpenHeldUpAsync(two, "room");
        var (reading, _) = await two.OpenAsync("room");
        var room = Group(one, "room");

        await room.Push(s_price, new Price("A", 1));
        await room.Push(s_price, new Price("B", 1));
        await room.Push(s_plain, "between");
        await room.Push(s_volume, new Price("A", 7));
        await room.Push(s_price, new Price(null, 1));
        await room.Push(s_price, new Price("", 8));
        await room.Push(s_price, new Price("B", 2));
        await room.Push(s_price, new Price(null, 9));
        await room.Push(s_price, new Price("A", 3));

        Assert.Equal("price A 3", (await ReadAsync(reading, 9))[^1]);
        Assert.Equal(["price A 3", "price B 2", "plain between", "volume A 7", "price  9", "price  8"], await ReadAsync(slow, 6));
    }

    // One client gets a snapshot and all clients get updates: an older value must not arrive last.
    [Fact, Trait("rule", "W12")]
    public async Task The_newest_push_of_a_key_arrives_for_every_sender_and_target()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (slow, connection) = await OpenHeldUpAsync(two, "room");
        var (reading, reader) = await two.OpenAsync("room");

        await Group(one, "room").Push(s_price, new Price("A", 1));
        Assert.Equal(["price A 1"], await ReadAsync(reading, 1));
        await new Target(ClientTarget.One(two.Server.Hub, connection)).Push(s_price, new Price("A", 2));
        await Group(two, "room").Push(s_price, new Price("A", 3));
        Assert.Equal(["price A 3"], await ReadAsync(reading, 1));
        await Connection(one, connection).Push(s_price, new Price("A", 4));
        await Connection(one, connection).Push(s_plain, "end");
        await Connection(one, reader).Push(s_plain, "all are there");
        Assert.Equal(["plain all are there"], await ReadAsync(reading, 1));

        Assert.Equal(["price A 4", "plain end"], await ReadAsync(slow, 2));
    }

    // The texts of these keys are equal, or differ only if the text omits nothing.
    [Fact, Trait("rule", "W12")]
    public async Task Different_keys_with_equal_text_replace_nothing()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (slow, _) = await OpenHeldUpAsync(two, "room");
        var (reading, _) = await two.OpenAsync("room");
        var byTime = new PushMethod<Price>("time") { LatestBy = PushKeySelector.By((Price price) => DateTime.UnixEpoch.AddTicks(price.Value)) };
        var byClock = new PushMethod<Price>("clock") { LatestBy = PushKeySelector.By((Price price) => new TimeOnly(price.Value)) };
        var byMute = new PushMethod<Price>("mute") { LatestBy = PushKeySelector.By((Price price) => new MuteKey(price.Value)) };

        foreach (var method in (PushMethod<Price>[])[byTime, byClock, byMute])
        {
            await Group(one, "room").Push(method, new Price("A", 1));
            await Group(one, "room").Push(method, new Price("B", 2));
        }

        await Group(one, "room").Push(byTime, new Price("C", 1));
        await ReadAsync(reading, 7);
        Assert.Equal(["time C 1", "time B 2", "clock A 1", "clock B 2", "mute A 1", "mute B 2"], await ReadAsync(slow, 6));
    }

    [Fact]
    public async Task A_broadcast_reaches_each_version_in_its_own_shape()
    {
        await using var one = await StartAsync(versions: ["v1", "v2"]);
        await using var two = await StartAsync(versions: ["v1", "v2"]);
        var clients = new List<(TestClient V1, TestClient V2)>();
        foreach (var node in (TestNode[])[one, two])
        {
            clients.Add((await OpenAsync(node, "v1"), await OpenAsync(node, "v2")));
        }

        await All(one).Push(s_projected, new Price("A", 1));

        foreach (var (v1, v2) in clients)
        {
            Assert.Equal(["price A for 1"], await ReadAsync(v1, 1));
            Assert.Equal(["price A 1"], await ReadAsync(v2, 1));
        }
    }

    // The sender doesn't know v3, which shares its codec with v1 and v2.
    [Fact]
    public async Task A_protocol_that_the_sender_does_not_know_gets_no_shape_of_another_protocol()
    {
        await using var two = await StartAsync(versions: ["v1", "v2", "v3"]);
        await using var one = await StartAsync(versions: ["v1", "v2"]);
        await using var older = await StartAsync(versions: ["v1"]);
        var v1 = await OpenAsync(two, "v1");
        var v3 = await OpenAsync(two, "v3");

        await All(older).Push(s_projected, new Price("A", 1));
        Assert.Equal(["price A for 1"], await ReadAsync(v1, 1));
        await Eventually.TrueAsync(() => two.Status.Untranslatable == 1, "there is nothing for v3");

        await All(one).Push(s_projected, new Price("A", 2));
        Assert.Equal(["price A for 2"], await ReadAsync(v1, 1));
        Assert.Equal(["price A 2"], await ReadAsync(v3, 1));
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_push_of_another_release_without_a_known_policy_uses_that_of_the_receiver_s_protocol()
    {
        await using var two = await StartAsync(SlowConsumerPolicy.DropNewest);
        await using var other = Create();
        var listener = new RecordingListener();
        await other.StartAsync(listener, TestContext.Current.CancellationToken);
        await listener.ConnectedAsync();
        var (slow, _) = await OpenHeldUpAsync(two, "room");
        var (reading, _) = await two.OpenAsync("room");

        for (var i = 0; i < Many; i++)
        {
            await other.PublishAsync("upgrade:g:room", Envelope(Numbered(i), policy: i % 2 == 0 ? null : 99));
        }

        await ReadAsync(reading, Many);
        await AssertKeptAsync(slow, isFirst: true);
    }

    private static byte[] Envelope(string payload, int? policy)
    {
        var output = MessageWriter.Rent();
        NeutralPush.Write(output, NodeId.New(), s_plain, typeof(IEvents), payload, new DeclaredProtocols([TestProtocol.Json(new TestLife(), TestProtocol.Nothing)]), null);
        if (policy is { } number)
        {
            NodeMessage.WriteField(output, NeutralPush.SlowConsumerField, number);
        }

        NodeMessage.WriteField(output, 200, "a field of a later release");
        var envelope = output.Written.ToArray();
        output.Return();
        return envelope;
    }

    /// <summary>Asserts that the full queue holds the first or the last pushes, as many as fit.</summary>
    private static async Task AssertKeptAsync(TestClient slow, bool isFirst)
    {
        await slow.TextAsync();
        var oldest = await slow.TextAsync();
        var kept = Queue / oldest.Length;
        Assert.InRange(kept, 2, Many - 1);
        var numbers = (await ReadAsync(slow, kept - 1)).Prepend(Parse(oldest)).Select(text => text[..9]);
        Assert.Equal(Enumerable.Range(isFirst ? 0 : Many - kept, kept).Select(i => $"plain {i:000}"), numbers);
        await slow.PingAsync("and nothing more");
        Assert.Equal("10: and nothing more", (await slow.FrameAsync()).ToString());
    }

    private static string Numbered(int number) => $"{number:000}" + new string('.', 97);

    private static PushMethod<Price> Latest(string name) => new(name) { LatestBy = PushKeySelector.By<Price, string?>(static price => price.Symbol) };

    private static Target Group(TestNode node, string name) => new(ClientTarget.Group(node.Server.Hub, name, except: null));

    private static Target All(TestNode node) => new(ClientTarget.All(node.Server.Hub, except: null));

    private static Target Connection(TestNode node, UpgradeConnection connection) => new(ClientTarget.One(node.Server.Hub, connection.Id));

    private static async Task<TestClient> OpenAsync(TestNode node, string version)
    {
        var before = node.Server.Hub.Everyone.Count;
        var client = await node.Server.OpenAsync(more: $"Sec-WebSocket-Protocol: {version}\r\n");
        await Eventually.TrueAsync(() => node.Server.Hub.Everyone.Count == before + 1, "the client is there");
        return client;
    }

    /// <summary>Opens a client whose pipe is full: later pushes to it wait.</summary>
    private static async Task<(TestClient Client, UpgradeConnection Connection)> OpenHeldUpAsync(TestNode node, string group)
    {
        var (client, connection) = await node.OpenAsync(Pipe, group);
        Assert.Equal(SendOutcome.Sent, await connection.SendAsync("full" + new string('.', Pipe)));
        return (client, connection);
    }

    private static async Task<List<string>> ReadAsync(TestClient client, int count)
    {
        var read = new List<string>();
        while (read.Count < count)
        {
            if (await client.TextAsync() is not ['f', 'u', 'l', 'l', ..] and var text)
            {
                read.Add(Parse(text));
            }
        }

        return read;
    }

    private static string Parse(string text)
    {
        using var message = JsonDocument.Parse(text);
        var data = message.RootElement.GetProperty("data");
        return message.RootElement.GetProperty("type").GetString() + " " + (data.ValueKind == JsonValueKind.String
            ? data.GetString()
            : $"{data.GetProperty("symbol").GetString()} {data.GetProperty("value").GetInt32()}");
    }

    private Task<TestNode> StartAsync(SlowConsumerPolicy? policy = null, params string?[] versions) => TestNode.StartAsync(
        _ => Create(),
        protocols: (builder, life) =>
        {
            builder.Configure(options => options.MaxOutboundBytes = Queue);
            foreach (var version in versions is [] ? [null] : versions)
            {
                builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing, "/", version, policy));
            }
        });

    private sealed class Target(ClientTarget target) : ClientProxy(target, typeof(IEvents))
    {
        public ValueTask<SendResult> Push<T>(PushMethod<T> method, T payload) => PushAsync(method, payload);
    }

    private sealed record Price(string? Symbol, int Value);

    /// <summary>A key whose text is only its type's name.</summary>
    private readonly struct MuteKey(int value) : IEquatable<MuteKey>
    {
        private readonly int _value = value;

        public bool Equals(MuteKey other) => _value == other._value;

        public override bool Equals(object? obj) => obj is MuteKey other && Equals(other);

        public override int GetHashCode() => _value;
    }
}

public sealed class InProcessPushesTests : PushesBetweenNodes
{
    private readonly InProcessNetwork _network = new();

    private protected override IBackplane Create() => _network.Connect();
}

[Trait("needs", "redis")]
public sealed class RedisPushesTests : PushesBetweenNodes, IAsyncLifetime
{
    private readonly ServerProcess _redis = ServerProcess.Redis();

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    private protected override IBackplane Create() => _redis.ConnectRedis();
}
