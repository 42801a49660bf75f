using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Connections;

public class MemberListTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task Members_are_walked_in_joining_order_even_when_members_leave()
    {
        await using var server = Server();
        var connections = await OpenAsync(server, 40);
        var list = new MemberList("room");
        var members = connections.Select(connection => new Membership(connection)).ToList();
        members.ForEach(member => Assert.True(list.TryAdd(member)));

        foreach (var index in (int[])[0, 39, 7, 8, 9, 20])
        {
            members[index].Leave();
        }

        members.RemoveAll(member => member.HasLeft);
        Assert.Equal(members.Select(member => member.Connection), list.ToArray());
        members.Skip(3).ToList().ForEach(member => member.Leave());
        Assert.Equal(members.Take(3).Select(member => member.Connection), list.ToArray());
        Assert.False(list.TryRetire());
        members.Take(3).ToList().ForEach(member => member.Leave());
        Assert.Empty(list.ToArray());
        Assert.True(list.TryRetire());
        Assert.False(list.TryRetire());
        Assert.False(list.TryAdd(new Membership(connections[0])));
    }

    [Fact]
    public async Task A_walk_leaves_out_members_that_join_or_leave_while_it_runs()
    {
        await using var server = Server();
        var connections = await OpenAsync(server, 3);
        var list = new MemberList("room");
        var first = new Membership(connections[0]);
        var second = new Membership(connections[1]);
        list.TryAdd(first);
        list.TryAdd(second);
        Assert.Equal([connections[0]], Enumerator());
        Assert.Equal([connections[0], connections[2]], list.ToArray());

        List<UpgradeConnection> Enumerator()
        {
            var seen = new List<UpgradeConnection>();
            foreach (var member in list.Members())
            {
                seen.Add(member.Connection);
                second.Leave();
                list.TryAdd(new Membership(connections[2]));
            }

            return seen;
        }
    }

    // Each walk is held against what was true before it began and after it ended.
    [Fact]
    public async Task A_walk_meets_every_member_once_and_no_other_connection_while_many_join_and_leave()
    {
        await using var server = Server();
        const int Threads = 4;
        const int Rounds = 3000;
        var connections = await OpenAsync(server, Threads * 4);
        var list = new MemberList("room");
        var numbers = connections.Select((connection, index) => (connection, index)).ToDictionary(pair => pair.connection, pair => pair.index);

        // Odd: is a member. Even: is not. In between, when it is changing: negative.
        var states = new int[connections.Count];
        var joining = Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            var mine = connections.Where((_, index) => index % Threads == thread).ToArray();
            var memberships = new Membership?[mine.Length];
            var random = new Random(thread);
            for (var round = 0; round < Rounds; round++)
            {
                var which = random.Next(mine.Length);
                ref var state = ref states[numbers[mine[which]]];
                var before = state;
                Volatile.Write(ref state, -1);
                if (memberships[which] is { } membership)
                {
                    membership.Leave();
                    memberships[which] = null;
                }
                else
                {
                    list.TryAdd(memberships[which] = new Membership(mine[which]));
                }

                Volatile.Write(ref state, before + 1);
            }
        })).ToArray();
        var faults = new ConcurrentQueue<string>();
        var walking = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var before = new int[states.Length];
            var seen = new int[states.Length];
            do
            {
                Array.Clear(seen);
                Read(before);
                Interlocked.MemoryBarrier();
                foreach (var member in list.Members())
                {
                    seen[numbers[member.Connection]]++;
                }

                Interlocked.MemoryBarrier();
                for (var i = 0; i < states.Length; i++)
                {
                    var isUnchanged = before[i] >= 0 && Volatile.Read(ref states[i]) == before[i];
                    if (seen[i] > 1 || (isUnchanged && seen[i] != (before[i] & 1)))
                    {
                        faults.Enqueue($"connection {i}: {seen[i]} times, state {before[i]}");
                    }
                }

            }
            while (!joining.All(task => task.IsCompleted));
        })).ToArray();

        await Task.WhenAll([.. joining, .. walking]);

        Assert.Empty(faults);
        Assert.Equal(
            states.Select((state, index) => (state, index)).Where(pair => pair.state % 2 == 1).Select(pair => connections[pair.index]).ToHashSet(),
            list.ToArray().ToHashSet());

        void Read(int[] into)
        {
            for (var i = 0; i < into.Length; i++)
            {
                into[i] = Volatile.Read(ref states[i]);
            }
        }
    }

    // Messages to the connection itself are in the same queue. No message of the group may be between "left" and "joining".
    [Fact]
    public async Task When_leaving_has_ended_no_broadcast_writes_to_the_connection_any_more()
    {
        await using var server = Server();
        const int Rounds = 400;
        var client = await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        var clients = (IClients<IEvents>)server.Services.GetService(typeof(IClients<IEvents>))!;
        var isDone = false;
        var broadcasting = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref isDone))
            {
                await clients.Group("room").SaidAsync("said");
                if (connection.Outbound.FlushUnderWay != 0)
                {
                    // The client reads on another thread: it mustn't fall behind for ever.
                    await Task.Yield();
                }
            }
        })).ToArray();
        var moving = Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                await connection.SendAsync("joining");
                await connection.JoinAsync("room");
                await connection.LeaveAsync("room");
                await connection.SendAsync("left");
            }

            await connection.SendAsync("done");
        });
        var isOut = true;
        for (var message = await client.TextAsync(); message != "done"; message = await client.TextAsync())
        {
            Assert.False(isOut && message.Contains("said", StringComparison.Ordinal), "A broadcast came after the leaving.");
            isOut = message switch
            {
                "left" => true,
                "joining" => false,
                _ => isOut,
            };
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll([moving, .. broadcasting]);
    }

    // Between the two steps of leaving: the member has left, and is still in its slot.
    [Fact]
    public async Task A_member_that_has_left_and_is_not_removed_yet_is_left_out()
    {
        await using var server = Server();
        var list = new MemberList("room");
        var members = (await OpenAsync(server, 2)).Select(static connection => new Membership(connection)).ToArray();
        foreach (var member in members)
        {
            list.TryAdd(member);
        }

        members[0].List = null;
        members[0].Leave();

        List<Membership> walked = [];
        foreach (var member in list.Members())
        {
            walked.Add(member);
        }

        Assert.Equal([members[1]], walked);
    }

    // A broadcast that has passed its check writes. Until it has written, the member has not left.
    [Fact]
    public async Task Leaving_waits_for_the_write_of_a_broadcast()
    {
        using var isWriting = new ManualResetEventSlim();
        using var mayWrite = new ManualResetEventSlim();
        using var connection = new TestConnection();
        var held = new HeldOutbound(limit: 100, framing: new BlockedFraming(isWriting, mayWrite));
        connection.Connection.Conversation.Open(connection.Connection.Session!.Conversing, held.Outbound);
        var list = new MemberList("room");
        var member = new Membership(connection.Connection);
        list.TryAdd(member);
        var message = HeldOutbound.Message("last");

        var writing = Task.Run(() => held.Outbound.Broadcast(message, policy: null, member));
        Assert.True(isWriting.Wait(Patience.Limit));
        var leaving = Task.Run(() =>
        {
            member.Leave();
            return mayWrite.IsSet;
        });
        await Eventually.TrueAsync(() => member.HasLeft && list.Count == 0, "the member is removed");
        mayWrite.Set();

        Assert.True(await leaving.WaitAsync(Patience.Limit), "Leave returned before the broadcast had written.");
        Assert.Equal(SendOutcome.Sent, await writing.WaitAsync(Patience.Limit));
        message.Release();
    }

    private sealed class BlockedFraming(ManualResetEventSlim isWriting, ManualResetEventSlim mayWrite) : OutboundFraming
    {
        public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload)
        {
            isWriting.Set();
            Assert.True(mayWrite.Wait(Patience.Limit));
            output.Write(payload);
        }
    }

    private async Task<List<UpgradeConnection>> OpenAsync(TestServer server, int count)
    {
        var connections = new List<UpgradeConnection>();
        for (var i = 0; i < count; i++)
        {
            await server.OpenAsync();
            connections.Add((await _life.NextAsync()).Connection);
        }

        return connections;
    }

    private TestServer Server() => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, policy: SlowConsumerPolicy.DropNewest));
        builder.AddClientContract<IEvents>(target => new EventsProxy(target));
    });
}
