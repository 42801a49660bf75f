using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>W12, W13: peers that read slowly or not at all, and many threads that send.</summary>
public class SlowConsumerTests
{
    // A client's pipe takes this much before the server's flush waits; then the queue of this size fills.
    private const int Pipe = 100;
    private const int Queue = 1000;

    private readonly TestLife _life = new();

    [Fact, Trait("rule", "W12")]
    public async Task Wait_holds_the_sender_until_there_is_room_and_loses_nothing()
    {
        await using var server = Server(SlowConsumerPolicy.Wait);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;
        var sends = Fill(connection, 30);
        Assert.True(sends[0].IsCompletedSuccessfully);
        Assert.False(sends[^1].IsCompleted);

        for (var i = 0; i < 30; i++)
        {
            Assert.StartsWith($"{i:000}", await client.TextAsync(), StringComparison.Ordinal);
        }

        Assert.All(await Task.WhenAll(sends).WaitAsync(Patience.Limit), result => Assert.InRange(result.Outcome, SendOutcome.Sent, SendOutcome.Queued));
    }

    [Fact, Trait("rule", "W12")]
    public async Task DropOldest_keeps_the_newest()
    {
        await using var server = Server(SlowConsumerPolicy.DropOldest);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var results = await SendAsync((await _life.NextAsync()).Connection, 30);
        Assert.Equal(SendOutcome.Dropped, results[^1]);

        var numbers = await NumbersAsync(client, "029");

        Assert.Equal(30 - results.Count(result => result.Outcome == SendOutcome.Dropped), numbers.Count);
        Assert.Equal("000", numbers[0]);
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(["026", "027", "028", "029"], numbers[^4..]);
    }

    [Fact, Trait("rule", "W12")]
    public async Task DropNewest_keeps_the_oldest()
    {
        await using var server = Server(SlowConsumerPolicy.DropNewest);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var results = await SendAsync((await _life.NextAsync()).Connection, 30);
        var kept = results.FindIndex(result => result.Outcome == SendOutcome.Dropped);
        Assert.All(results[kept..], result => Assert.Equal(SendOutcome.Dropped, result));

        var numbers = await NumbersAsync(client, $"{kept - 1:000}");

        Assert.Equal(Enumerable.Range(0, kept).Select(i => $"{i:000}"), numbers);
        await client.PingAsync("and nothing more");
        Assert.Equal("10: and nothing more", (await client.FrameAsync()).ToString());
    }

    [Fact, Trait("rule", "W12")]
    public async Task Close_closes_with_1008()
    {
        await using var server = Server(SlowConsumerPolicy.Close);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var handler = await _life.NextAsync();
        var results = await SendAsync(handler.Connection, 30);
        Assert.Equal(SendOutcome.Closed, results[^1]);

        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync(1008);
        var close = await handler.Disconnected;
        Assert.Equal((1008, CloseInitiator.Local), (close.Code, close.Initiator));
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.Wait)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.Close)]
    public async Task One_message_of_any_size_is_always_accepted(SlowConsumerPolicy policy)
    {
        await using var server = Server(policy);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;
        await connection.SendAsync(new string('a', Pipe));

        Assert.Equal(SendOutcome.Queued, await connection.SendAsync(new string('b', 10 * Queue)));

        Assert.Equal(Pipe, (await client.TextAsync()).Length);
        Assert.Equal(10 * Queue, (await client.TextAsync()).Length);
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    public async Task Replies_are_never_dropped(SlowConsumerPolicy policy)
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, Reply, policy: policy)), options => options.MaxOutboundBytes = Queue);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;

        var posted = client.Post(ClientFrames.Join(Enumerable.Range(0, 100).Select(i => ClientFrames.Text($"reply {i} " + new string('.', 50)))));
        var pushes = await SendAsync(connection, 100);
        var replies = new List<string>();
        while (replies.Count < 100)
        {
            if (await client.TextAsync() is ['r', ..] reply)
            {
                replies.Add(reply);
            }
        }

        Assert.Contains(SendOutcome.Dropped, pushes);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"reply {i} "), replies.Select(reply => reply.TrimEnd('.')));
        await posted;
    }

    [Fact, Trait("rule", "W12")]
    public async Task Requests_are_not_read_while_their_replies_back_up()
    {
        var calls = 0;
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, (TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
            {
                Interlocked.Increment(ref calls);
                return Reply(handler, ref call);
            })),
            options =>
            {
                options.MaxOutboundBytes = Queue;
                options.MaxWaitingBytes = Queue;
            });
        var client = await server.OpenAsync(holdUpAt: Pipe);

        // Of one read, 32 KiB of replies are written before the transport is asked to take them; then the queue fills.
        var posted = client.Post(ClientFrames.Join(Enumerable.Range(0, 2000).Select(i => ClientFrames.Text(new string('.', 100)))));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref calls) >= 300, Patience.Limit));

        Assert.False(posted.IsCompleted);
        Assert.InRange(Volatile.Read(ref calls), 300, 400);
        for (var i = 0; i < 2000; i++)
        {
            await client.TextAsync();
        }

        await posted;
        Assert.Equal(2000, calls);
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(null)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.Close)]
    public async Task One_that_never_reads_does_not_delay_the_others(SlowConsumerPolicy? policy)
    {
        await using var server = EventsServer(policy);
        await server.OpenAsync(holdUpAt: Pipe);
        var reading = await server.OpenAsync();
        await _life.NextAsync();
        await _life.NextAsync();
        var all = server.Services.GetRequiredService<IClients<IEvents>>().All;
        for (var i = 0; i < 200; i++)
        {
            Assert.True(all.SaidAsync($"{i:000}").AsTask().IsCompleted);
        }

        for (var i = 0; i < 200; i++)
        {
            Assert.Contains($"{i:000}", await reading.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_broadcast_without_a_policy_closes_a_member_that_does_not_read()
    {
        await using var server = EventsServer(policy: null);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var handler = await _life.NextAsync();
        var all = server.Services.GetRequiredService<IClients<IEvents>>().All;
        for (var i = 0; i < 30; i++)
        {
            Assert.True(all.SaidAsync(new string('.', 100)).AsTask().IsCompleted);
        }

        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync(1008);
        Assert.Equal(1008, (await handler.Disconnected).Code);
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_broadcast_under_Wait_is_with_the_others_before_it_waits_for_the_slow()
    {
        await using var server = EventsServer(SlowConsumerPolicy.Wait);
        var slow = await server.OpenAsync(holdUpAt: Pipe);
        await _life.NextAsync();
        var reading = await server.OpenAsync();
        await _life.NextAsync();
        var all = server.Services.GetRequiredService<IClients<IEvents>>().All;
        Task<SendResult> SayAsync(int i) => all.SaidAsync($"{i:000}" + new string('.', 97)).AsTask();

        // The first holds up the slow one's transport, once it is flushed.
        var first = SayAsync(0);
        Assert.Contains("000", await reading.TextAsync(), StringComparison.Ordinal);
        var sends = Enumerable.Range(1, 29).Select(SayAsync).ToArray();

        for (var i = 1; i < 30; i++)
        {
            Assert.Contains($"{i:000}", await reading.TextAsync(), StringComparison.Ordinal);
        }

        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(sends[^1].IsCompleted);
        for (var i = 0; i < 30; i++)
        {
            Assert.Contains($"{i:000}", await slow.TextAsync(), StringComparison.Ordinal);
        }

        Assert.All(await Task.WhenAll(sends).WaitAsync(Patience.Limit), result => Assert.InRange(result.Outcome, SendOutcome.Sent, SendOutcome.Queued));
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_broadcast_under_Wait_waits_no_longer_than_the_slow_one_is_there()
    {
        await using var server = EventsServer(SlowConsumerPolicy.Wait);
        var slow = await server.OpenAsync(holdUpAt: Pipe);
        await _life.NextAsync();
        var all = server.Services.GetRequiredService<IClients<IEvents>>().All;
        var sends = Enumerable.Range(0, 30).Select(_ => all.SaidAsync(new string('.', 100)).AsTask()).ToArray();
        Assert.False(sends[^1].IsCompleted);

        await server.AdvanceUntilAsync(Task.WhenAll(sends));

        Assert.Equal(SendOutcome.Closed, await sends[^1]);
        await slow.Aborted.WaitAsync(Patience.Limit);
    }

    [Fact, Trait("rule", "W13")]
    public async Task Messages_of_many_threads_stay_whole()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)), options => options.MaxOutboundBytes = 10_000);
        var client = await server.OpenAsync(holdUpAt: 5000);
        var connection = (await _life.NextAsync()).Connection;
        const int Threads = 8;
        const int Each = 200;
        var sending = Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                await connection.SendAsync($"{thread} {i} " + new string((char)('a' + thread), i * 7 % 300));
            }
        })).ToArray();
        var pinging = Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                await client.PingAsync("p");
            }
        });
        var next = new int[Threads];
        for (var i = 0; i < Threads * Each; i++)
        {
            var frame = await client.FrameAsync();
            if (frame.Opcode == 10)
            {
                i--;
                continue;
            }

            var parts = frame.Text.Split(' ');
            var thread = parts[0][0] - '0';
            Assert.Equal($"{next[thread]}", parts[1]);
            Assert.Equal(new string((char)('a' + thread), next[thread] * 7 % 300), parts[2]);
            next[thread]++;
        }

        await Task.WhenAll([.. sending, pinging]);
    }

    [Fact, Trait("rule", "W13")]
    public async Task The_end_of_a_peer_releases_who_waits_for_room()
    {
        await using var server = Server(SlowConsumerPolicy.Wait);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;
        var sends = Fill(connection, 30);

        client.Abort();

        var results = await Task.WhenAll(sends).WaitAsync(Patience.Limit);
        Assert.Equal(SendOutcome.Closed, results[^1]);
        Assert.Equal(SendOutcome.Closed, await connection.SendAsync("more"));
    }

    [Fact]
    public async Task Cancellation_ends_the_wait_for_room_and_the_message_is_sent_all_the_same()
    {
        await using var server = Server(SlowConsumerPolicy.Wait);
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;
        var sends = Fill(connection, 30);
        using var cancellation = new CancellationTokenSource();
        var last = connection.SendAsync("last", cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        for (var i = 0; i < 30; i++)
        {
            await client.TextAsync();
        }

        Assert.Equal("last", await client.TextAsync());
        await Task.WhenAll(sends);
    }

    private static ValueTask Reply(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Reply(System.Text.Encoding.UTF8.GetString(call.Payload), TextPayload.Instance);

    private static Task<SendResult>[] Fill(UpgradeConnection connection, int count) =>
        [.. Enumerable.Range(0, count).Select(i => connection.SendAsync($"{i:000}" + new string('.', 97)).AsTask())];

    private static async Task<List<SendResult>> SendAsync(UpgradeConnection connection, int count) =>
        [.. await Task.WhenAll(Fill(connection, count)).WaitAsync(Patience.Limit)];

    private static async Task<List<string>> NumbersAsync(TestClient client, string last)
    {
        var numbers = new List<string>();
        while (numbers.Count == 0 || numbers[^1] != last)
        {
            numbers.Add((await client.TextAsync())[..3]);
        }

        return numbers;
    }

    private TestServer EventsServer(SlowConsumerPolicy? policy) => new(
        builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, policy: policy));
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        },
        options => options.MaxOutboundBytes = Queue);

    private TestServer Server(SlowConsumerPolicy policy) => new(
        builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, policy: policy)),
        options => options.MaxOutboundBytes = Queue);
}
