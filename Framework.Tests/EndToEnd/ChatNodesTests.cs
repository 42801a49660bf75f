using System.Collections.Concurrent;
using UpgradeProtocols.Tests.Backplane;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>Chat as several processes over one Redis, and what may happen to each of them.</summary>
[Trait("needs", "redis")]
public sealed class ChatNodesTests : IAsyncLifetime
{
    private readonly ServerProcess _redis = ServerProcess.Redis();

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Two_processes_are_one_room()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var ann = await EnterAsync(one, "Ann");
        await using var bob = await EnterAsync(two, "Bob", "Ann");
        await ann.ExpectAsync("""{"type":"joined","data":{"room":"r","name":"Bob"}}""");

        await SayAsync(ann, "from one");
        await SayAsync(bob, "from two");

        foreach (var client in (ChatClient[])[ann, bob])
        {
            Assert.Equal(["from one", "from two"], (await HearAsync(client, 2)).Order());
        }
    }

    [Fact]
    public async Task A_node_that_is_killed_takes_its_members_along_and_the_others_go_on()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        var three = await StartAsync();
        await using var ann = await EnterAsync(one, "Ann");
        await using var bob = await EnterAsync(two, "Bob", "Ann");
        await using var cid = await EnterAsync(three, "Cid", "Ann", "Bob");
        await three.KillAsync();
        await three.DisposeAsync();

        await SayAsync(ann, "still here?");
        Assert.Equal(["still here?"], await HearAsync(bob, 1));

        // The other nodes remove the dead node after a few seconds without heartbeats. From then on Cid isn't listed any more.
        for (var tries = 0; ; tries++)
        {
            await using var dan = await ChatClient.ConnectAsync(two, "chat.v2");
            if (!(await MembersAsync(dan, $"Dan {tries}")).Contains("Cid"))
            {
                break;
            }

            Assert.True(tries < 100, "Cid is still there.");
        }
    }

    [Fact]
    public async Task Redis_is_killed_and_restarted_in_mid_stream_and_no_caller_waits()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var ann = await EnterAsync(one, "Ann");
        await using var bob = await EnterAsync(two, "Bob", "Ann");
        await ann.ExpectAsync("""{"type":"joined","data":{"room":"r","name":"Bob"}}""");
        await SayAsync(ann, "before");
        Assert.Equal(["before"], await HearAsync(ann, 1));
        Assert.Equal(["before"], await HearAsync(bob, 1));

        await _redis.KillAsync();
        for (var i = 0; i < 20; i++)
        {
            await SayAsync(ann, $"{i}");
            Assert.Equal([$"{i}"], await HearAsync(ann, 1));
        }

        await _redis.StartAsync();
        await UntilHeardAsync(ann, bob);
    }

    [Fact]
    public async Task A_paused_Redis_holds_no_client_up()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var ann = await EnterAsync(one, "Ann");
        await using var bob = await EnterAsync(two, "Bob", "Ann");
        await ann.ExpectAsync("""{"type":"joined","data":{"room":"r","name":"Bob"}}""");

        await _redis.PauseAsync();
        for (var i = 0; i < 20; i++)
        {
            await SayAsync(ann, $"{i}");
            Assert.Equal([$"{i}"], await HearAsync(ann, 1));
        }

        // A group of its own: its subscription isn't answered, and joining doesn't wait for it long.
        await ann.SendAsync("""{"type":"join","id":1,"data":{"room":"new","name":"Ann"}}""");
        Assert.Equal("reply", (string?)(await ann.ReceiveAsync())["type"]);

        await _redis.ContinueAsync();
        await UntilHeardAsync(ann, bob);
    }

    // Clients on the two remaining nodes get all messages of each other while the third node fails.
    [Fact]
    public async Task While_nodes_are_restarted_in_turn_nothing_is_lost_between_those_that_live()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var ann = await EnterAsync(one, "Ann");
        await using var bob = await EnterAsync(two, "Bob", "Ann");
        var said = 0;
        var isDone = false;
        var heard = new ConcurrentQueue<int>();
        var talking = Task.Run(async () =>
        {
            for (; !Volatile.Read(ref isDone); said++)
            {
                await SayAsync(ann, $"n {said}");
                if (said % 8 == 0)
                {
                    // Ann's own echo keeps the pace to what the machine can.
                    await HearUntilAsync(ann, $"n {said}");
                }
            }

            await SayAsync(ann, "n -1");
        });
        var listening = Task.Run(async () =>
        {
            while (true)
            {
                foreach (var text in await HearAsync(bob, 1))
                {
                    if (!text.StartsWith("n ", StringComparison.Ordinal))
                    {
                        continue;
                    }

                    var number = int.Parse(text.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture);
                    if (number < 0)
                    {
                        return;
                    }

                    heard.Enqueue(number);
                }
            }
        });
        for (var round = 0; round < 3; round++)
        {
            var three = await StartAsync();
            await using (var cid = await EnterAsync(three, $"Cid {round}", "Ann", "Bob"))
            {
                await SayAsync(cid, "hello");
                await HearUntilAsync(cid, "hello");
                if (round == 1)
                {
                    await three.KillAsync();
                }
                else
                {
                    cid.Abort();
                    await three.InterruptAsync();
                    Assert.Equal(0, await three.ExitCodeAsync());
                }
            }

            await three.DisposeAsync();
        }

        Volatile.Write(ref isDone, true);
        await Task.WhenAll(talking, listening).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, said), heard);
        Assert.True(said > 0);
    }

    private static Task SayAsync(ChatClient client, string text) =>
        client.SendAsync($$$"""{"type":"say","data":{"room":"r","text":"{{{text}}}"}}""");

    /// <summary>The next text message. Joins and leaves are skipped.</summary>
    private static async Task<List<string>> HearAsync(ChatClient client, int count)
    {
        var heard = new List<string>();
        while (heard.Count < count)
        {
            if (await client.ReceiveAsync() is var message && (string?)message["type"] == "said")
            {
                heard.Add((string)message["data"]!["text"]!);
            }
        }

        return heard;
    }

    private static async Task HearUntilAsync(ChatClient client, string text)
    {
        while ((await HearAsync(client, 1))[0] != text)
        {
        }
    }

    /// <summary>A message of one client reaches the other again, and so do all messages after it.</summary>
    private static async Task UntilHeardAsync(ChatClient speaker, ChatClient listener)
    {
        var isHeard = HearUntilAsync(listener, "end");
        for (var i = 0; !isHeard.IsCompleted; i++)
        {
            Assert.True(i < 10_000, "Never heard.");
            await SayAsync(speaker, "end");
            await HearUntilAsync(speaker, "end");
            await Task.WhenAny(isHeard, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        await isHeard;
        await SayAsync(speaker, "1");
        await SayAsync(speaker, "2");
        await HearUntilAsync(listener, "1");
        Assert.Equal(["2"], await HearAsync(listener, 1));
    }

    private static async Task<string[]> MembersAsync(ChatClient client, string name)
    {
        await client.SendAsync($$$"""{"type":"join","id":1,"data":{"room":"r","name":"{{{name}}}"}}""");
        while (true)
        {
            var message = await client.ReceiveAsync();
            if ((string?)message["type"] == "reply")
            {
                return [.. message["data"]!["members"]!.AsArray().Select(member => (string)member!)];
            }
        }
    }

    /// <summary>Enters the room, again until those on the other nodes are seen: a node knows of the others after a moment.</summary>
    private static async Task<ChatClient> EnterAsync(ExampleServer server, string name, params string[] others)
    {
        var client = await ChatClient.ConnectAsync(server, "chat.v2");
        for (var tries = 0; ; tries++)
        {
            var members = await MembersAsync(client, name);
            if (others.All(members.Contains))
            {
                return client;
            }

            Assert.True(tries < 1000, $"{name} sees {string.Join(", ", members)}.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private Task<ExampleServer> StartAsync() => ExampleServer.StartAsync("Chat", arguments: ["--redis", _redis.Address]);
}
