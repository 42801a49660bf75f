using System.Security.Claims;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The view of an application on its other nodes, for any backplane.</summary>
public class NodesTests
{
    private readonly InProcessNetwork _network = new();

    [Fact]
    public async Task A_push_to_a_group_reaches_its_members_on_every_node_once_except_the_excluded_ones()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (here, sender) = await one.OpenAsync("room");
        var (alsoHere, _) = await one.OpenAsync("room");
        var (there, _) = await two.OpenAsync("room");
        var (elsewhere, _) = await two.OpenAsync("other");

        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("room", except: sender).SaidAsync("1"));
        Assert.Equal(SendOutcome.Sent, await two.Clients.Group("room").SaidAsync("2"));
        Assert.Equal(SendOutcome.Sent, await two.Clients.All.SaidAsync("all"));

        // Messages of two channels have no order.
        Assert.Equal(["2", "all"], (await ReadAsync(here, 2)).Order());
        Assert.Equal(["1", "2", "all"], (await ReadAsync(alsoHere, 3)).Order());
        Assert.Equal(["1", "2", "all"], (await ReadAsync(there, 3)).Order());
        Assert.Equal(["all"], await ReadAsync(elsewhere, 1));
    }

    [Fact]
    public async Task One_sender_s_pushes_to_a_group_arrive_in_order_on_another_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (there, _) = await two.OpenAsync("room");
        for (var i = 0; i < 500; i++)
        {
            await one.Clients.Group("room").SaidAsync($"{i}");
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), await ReadAsync(there, 500));
    }

    [Fact]
    public async Task A_user_and_a_connection_are_reached_on_every_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (there, connection) = await two.OpenAsync();
        connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "test")));
        await Eventually.TrueAsync(() => two.Status.Channels == 3, "the user's channel is subscribed to");
        await two.Link.Channels.Open(BackplaneChannels.UserPrefix + "ann").WhenOpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal(SendOutcome.Sent, await one.Clients.User("ann").SaidAsync("to the user"));
        Assert.Equal(["to the user"], await ReadAsync(there, 1));
        Assert.Equal(SendOutcome.Sent, await one.Clients.Connection(connection.Id).SaidAsync("to the connection"));
        Assert.Equal(["to the connection"], await ReadAsync(there, 1));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await one.Clients.Connection(connection.Id).AskAsync("?"));
        Assert.Equal(SendOutcome.Closed, await one.Clients.Connection("AAAAAAAAAAA.abc").SaidAsync("no such node"));
        Assert.Equal(SendOutcome.Closed, await one.Clients.Connection("nonsense").SaidAsync("no id"));
    }

    [Fact]
    public async Task A_node_subscribes_to_a_group_only_while_it_has_members()
    {
        await using var one = await StartAsync();
        var before = one.Status.Channels;
        var (_, first) = await one.OpenAsync("room", "other");
        var (_, second) = await one.OpenAsync("room");
        Assert.Equal(before + 2, one.Status.Channels);

        await first.LeaveAsync("room");
        await first.LeaveAsync("other");
        await Eventually.TrueAsync(() => one.Status.Channels == before + 1, "'other' is given up");
        await second.LeaveAsync("room");
        await Eventually.TrueAsync(() => one.Status.Channels == before, "'room' is given up");

        await second.JoinAsync("room", TestContext.Current.CancellationToken);
        await using var two = await StartAsync();
        var (client, _) = await one.OpenAsync("room");
        await two.Clients.Group("room").SaidAsync("again");
        Assert.Equal(["again"], await ReadAsync(client, 1));
    }

    [Fact]
    public async Task Local_delivery_continues_during_an_outage_and_the_results_say_what_was_not_published()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var (here, _) = await one.OpenAsync("room");
        var (there, _) = await two.OpenAsync("room");
        BackplaneStatus? told = null;
        one.Link.Changed += (_, change) => told = change.Status;

        _network.IsCut = true;
        var result = await one.Clients.Group("room").SaidAsync("cut");

        Assert.Equal((SendOutcome.Sent, false), (result.Outcome, result.IsPublished));
        Assert.Equal(["cut"], await ReadAsync(here, 1));
        Assert.False(one.Status.IsConnected);
        Assert.Equal("The network is cut.", one.Status.Problem);
        Assert.Equal(1, one.Status.Refused);
        Assert.False(told!.IsConnected);

        // Joining doesn't wait for a subscription that can't succeed; the node subscribes when it can.
        var (late, _) = await two.OpenAsync("late");

        _network.IsCut = false;
        Assert.True(told.IsConnected);
        await two.Link.Channels.Open("g:late").WhenOpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("room").SaidAsync("back"));
        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("late").SaidAsync("late"));
        Assert.Equal(["back"], await ReadAsync(there, 1));
        Assert.Equal(["late"], await ReadAsync(late, 1));
    }

    [Fact]
    public async Task Configured_buffering_keeps_messages_during_an_outage_up_to_a_size_and_an_age()
    {
        await using var one = await StartAsync(options => (options.BufferBytes, options.BufferTime) = (1000, TimeSpan.FromSeconds(5)));
        await using var two = await StartAsync();
        var (there, _) = await two.OpenAsync("room");

        _network.IsCut = true;
        Assert.Equal(SendOutcome.Queued, await one.Clients.Group("room").SaidAsync("too old"));
        one.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal((0, 1), (one.Status.BufferedBytes, one.Status.Lost));
        Assert.Equal(SendOutcome.Queued, await one.Clients.Group("room").SaidAsync("1"));
        Assert.Equal(SendOutcome.Queued, await one.Clients.Group("room").SaidAsync("2"));
        Assert.Equal(new SendResult(SendOutcome.Sent, isPublished: false), await one.Clients.Group("room").SaidAsync(new string('x', 1000)));
        Assert.InRange(one.Status.BufferedBytes, 1, 1000);
        _network.IsCut = false;
        await Eventually.TrueAsync(() => one.Link.IsConnected, "the other node has been heard");
        Assert.Equal(SendOutcome.Sent, await one.Clients.Group("room").SaidAsync("3"));

        Assert.Equal(["1", "2", "3"], await ReadAsync(there, 3));
        Assert.Equal(0, one.Status.BufferedBytes);
    }

    [Fact]
    public async Task Presence_lists_the_members_of_a_group_on_all_nodes()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        var (_, ann) = await one.OpenAsync();
        await ann.JoinAsync("room", "Ann", TestContext.Current.CancellationToken);
        var (_, bob) = await two.OpenAsync();
        await bob.JoinAsync("room", "Bob", TestContext.Current.CancellationToken);
        bob.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "b")], "test")));

        var room = await one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken);
        var user = await one.Presence.GetUserAsync("b", cancellationToken: TestContext.Current.CancellationToken);
        var count = await two.Presence.GetGroupAsync("room", limit: 0, TestContext.Current.CancellationToken);
        var listed = await two.Presence.GetGroupAsync("room", limit: 1, TestContext.Current.CancellationToken);
        var nobody = await two.Presence.GetGroupAsync("nobody", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((2, true), (room.Count, room.IsComplete));
        Assert.Equal([new(ann.Id, null, "Ann"), new(bob.Id, "b", "Bob")], room.Members.OrderBy(member => member.Tag));
        Assert.Equal(new PresenceMember(bob.Id, "b", null), Assert.Single(user.Members));
        Assert.Equal((2, 0, true), (count.Count, count.Members.Count, count.IsComplete));
        Assert.Equal((2, 1), (listed.Count, listed.Members.Count));
        Assert.Equal((0, true), (nobody.Count, nobody.IsComplete));
        Assert.Equal(2, one.Presence.Nodes.Count);
    }

    [Fact]
    public async Task Presence_waits_for_a_silent_node_until_it_counts_as_dead()
    {
        await using var one = await StartAsync();
        var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        await one.OpenAsync("room");
        await two.OpenAsync("room");
        two.Server.Hub.Clock.Remove(two.Link);
        await two.Server.DisposeAsync();

        var asked = one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken).AsTask();
        Assert.False(asked.IsCompleted);
        await one.Server.AdvanceUntilAsync(asked);
        Assert.Equal((1, false), ((await asked).Count, (await asked).IsComplete));

        one.Pass(TimeSpan.FromSeconds(6));
        var alone = await one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((1, true), (alone.Count, alone.IsComplete));
        Assert.Single(one.Presence.Nodes);
    }

    // The messages that arrived meanwhile are in the node's socket.
    [Fact]
    public async Task A_node_that_was_frozen_removes_no_other_node()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await TestNode.MeetAsync(one, two);

        one.Freeze();

        Assert.Equal((1, true), (one.Status.OtherNodes, one.Status.IsConnected));
    }

    // The other nodes may have removed it meanwhile.
    [Fact]
    public async Task A_node_that_was_frozen_sends_a_heartbeat_immediately()
    {
        var engine = new ScriptedBackplane();
        await using var server = new Hosting.TestServer(builder => builder.AddBackplane(_ => engine));
        await server.Hub.Backplane!.StartAsync(TestContext.Current.CancellationToken);
        engine.Listener!.Connected();
        await Eventually.TrueAsync(() => Beats(() => server.Time.Advance(TimeSpan.FromMilliseconds(250))), "the first heartbeat");
        Assert.False(Beats(() => server.Time.Advance(TimeSpan.FromMilliseconds(250))), "The next one isn't due.");

        Assert.True(Beats(server.Freeze));

        bool Beats(Action pass)
        {
            var before = engine.Published.Count;
            pass();
            return engine.Published.Count > before;
        }
    }

    [Fact]
    public async Task Unanswered_messages_of_a_frozen_node_do_not_disconnect_its_backplane()
    {
        var engine = new ScriptedBackplane();
        var answer = new TaskCompletionSource();
        await using var server = new Hosting.TestServer(builder => builder.AddBackplane(_ => engine));
        var link = server.Hub.Backplane!;
        await link.StartAsync(TestContext.Current.CancellationToken);
        engine.Listener!.Connected();
        engine.OnPublish = _ => new ValueTask(answer.Task);
        link.Publish("channel", "question"u8);
        server.Time.Advance(TimeSpan.FromMilliseconds(250));

        server.Freeze();
        Assert.True(link.Status.IsConnected);
        answer.SetResult();
    }

    [Fact]
    public async Task The_timeout_of_a_question_does_not_run_while_the_process_is_frozen()
    {
        await using var one = await StartAsync();
        var two = await StartAsync();
        await TestNode.MeetAsync(one, two);
        two.Server.Hub.Clock.Remove(two.Link);
        await two.Server.DisposeAsync();

        var asked = one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken).AsTask();
        // A test's clock catches up on the periods that it has missed: this must not remove a node.
        one.Server.Hub.Clock.Remove(one.Link);
        one.Server.Time.Advance(TimeSpan.FromHours(1));

        // From then on the full timeout applies: the answer may be in the socket.
        Assert.True(await one.Server.AdvanceUntilAsync(asked) >= TimeSpan.FromSeconds(1));
        Assert.False((await asked).IsComplete);
    }

    [Fact]
    public async Task A_node_that_stops_announces_it_and_the_others_do_not_wait_for_it()
    {
        await using var one = await StartAsync();
        var two = await StartAsync();
        await TestNode.MeetAsync(one, two);

        await two.DisposeAsync();

        await Eventually.TrueAsync(() => one.Presence.Nodes.Count == 1, "the node is gone");
        Assert.True((await one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken)).IsComplete);
    }

    [Fact]
    public async Task Presence_without_a_backplane_lists_this_server()
    {
        var life = new TestLife();
        await using var server = new Hosting.TestServer(builder => builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing)));
        await server.OpenAsync();
        var connection = (await life.NextAsync()).Connection;
        await connection.JoinAsync("room", "tag", TestContext.Current.CancellationToken);

        var room = await server.Hub.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(new PresenceMember(connection.Id, null, "tag"), Assert.Single(room.Members));
        Assert.True(room.IsComplete);
    }

    // The new release has another protocol, which shares its codec with one that the old release knows.
    [Fact]
    public async Task Nodes_of_two_releases_reach_each_other_in_a_protocol_that_only_one_of_them_has()
    {
        await using var old = await StartAsync(protocols: (builder, life) => builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing, "/", "v1")));
        await using var recent = await StartAsync(protocols: (builder, life) =>
        {
            builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing, "/", "v1"));
            builder.AddProtocol(Flat(life, "v2", TestProtocol.Codec));
            builder.AddProtocol(Flat(life, "v3", new ReflectionJsonCodec()));
        });
        var v1 = await old.Server.OpenAsync(more: "Sec-WebSocket-Protocol: v1\r\n");
        var v2 = await recent.Server.OpenAsync(more: "Sec-WebSocket-Protocol: v2\r\n");
        var v3 = await recent.Server.OpenAsync(more: "Sec-WebSocket-Protocol: v3\r\n");
        await Eventually.TrueAsync(() => old.Server.Hub.Everyone.Count == 1 && recent.Server.Hub.Everyone.Count == 2, "all are there");

        await old.Clients.All.SaidAsync("from the old");
        Assert.Equal("""{"type":"said","data":"from the old"}""", await v1.TextAsync());
        Assert.Equal("v2:said:\"from the old\"", await v2.TextAsync());
        await Eventually.TrueAsync(() => recent.Status.Untranslatable == 1, "v3 shares its codec with nobody whom the old release knows");

        await recent.Clients.All.SaidAsync("from the new");
        Assert.Equal("""{"type":"said","data":"from the new"}""", await v1.TextAsync());
        Assert.Equal("v2:said:\"from the new\"", await v2.TextAsync());
        Assert.Equal("v2:said:\"from the new\"", await v3.TextAsync());
    }

    [Fact]
    public async Task A_message_of_another_version_is_counted_and_unknown_kinds_and_fields_are_ignored()
    {
        await using var one = await StartAsync();
        var (client, _) = await one.OpenAsync("room");
        var other = _network.Connect();
        await using var _ = other;
        await other.StartAsync(new RecordingListener(), TestContext.Current.CancellationToken);
        var output = MessageWriter.Rent();
        NeutralPush.Write(output, NodeId.New(), EventsProxy.Said, typeof(IEvents), "read", new DeclaredProtocols([TestProtocol.Json(new TestLife(), TestProtocol.Nothing)]), null);
        NodeMessage.WriteField(output, 200, "a field of a later release");
        var good = output.Written.ToArray();
        output.Return();
        var otherVersion = good.ToArray();
        otherVersion[0] = 2;
        var otherKind = good.ToArray();
        otherKind[1] = 99;
        const string Channel = "upgrade:g:room";

        await other.PublishAsync(Channel, otherVersion);
        await other.PublishAsync(Channel, otherKind);
        await other.PublishAsync(Channel, good.AsMemory(0, good.Length - 1));
        await other.PublishAsync(Channel, new byte[] { 1 });
        await other.PublishAsync(Channel, good);

        Assert.Equal(["read"], await ReadAsync(client, 1));
        Assert.Equal((3, 3), (one.Status.Unreadable, one.Status.Received));
    }

    private static ProtocolEntry Flat(TestLife life, string name, IPayloadCodec codec) => new()
    {
        Path = "/",
        Name = name,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<ColonFormat>(new ColonFormat(), life, TestProtocol.Nothing),
        Codec = codec,
        ClientType = typeof(IEvents),
    };

    private static async Task<List<string>> ReadAsync(Hosting.TestClient client, int count)
    {
        var said = new List<string>();
        while (said.Count < count)
        {
            said.Add(await TestNode.SaidAsync(client));
        }

        return said;
    }

    private Task<TestNode> StartAsync(Action<BackplaneOptions>? options = null, Action<UpgradeProtocolsBuilder, TestLife>? protocols = null) =>
        TestNode.StartAsync(_ => _network.Connect(), options, protocols);

    // v2:name:payload
    private readonly struct ColonFormat : IMessageFormat
    {
        public MessageKind Kind => MessageKind.Text;

        public bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => false;

        public void WriteStart(MessageWriter output, in MessageHeader header)
        {
            output.Write("v2:"u8);
            output.Write(header.Name);
            output.WriteByte((byte)':');
            output.MarkPayload();
        }

        public void WriteNoPayload(MessageWriter output)
        {
        }

        public void WriteEnd(MessageWriter output, in MessageHeader header)
        {
        }

        public bool WriteError(MessageWriter output, ReadOnlySpan<byte> id, in MessageError failure) => false;
    }
}
