using System.Text.Json;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The options of a push: its treatment by a full queue, and the older push that it replaces.</summary>
public class PushTests
{
    // A client's pipe takes this much before the server's flush waits; then the queue of this size fills.
    private const int Pipe = 100;
    private const int Queue = 1000;

    private static readonly PushMethod<string> s_plain = new("plain");
    private static readonly PushMethod<Price> s_price = Latest("price");
    private static readonly PushMethod<Price> s_volume = Latest("volume");

    private readonly TestLife _life = new();

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    public async Task The_policy_of_a_push_counts_and_not_that_of_its_protocol(SlowConsumerPolicy own)
    {
        await using var server = Server(SlowConsumerPolicy.Close);
        var (client, target) = await OpenHeldUpAsync(server);
        var push = new PushMethod<string>("plain") { SlowConsumer = own };

        var results = new List<SendResult>();
        for (var i = 0; i < 30; i++)
        {
            results.Add(await target.Push(push, $"{i:000}" + new string('.', 97)));
        }

        var kept = 30 - results.Count(result => result.Outcome == SendOutcome.Dropped);
        Assert.InRange(kept, 1, 29);
        var first = own == SlowConsumerPolicy.DropNewest ? 0 : 30 - kept;
        Assert.Equal(Enumerable.Range(first, kept).Select(i => $"plain {i:000}"), (await ReadAsync(client, kept)).Select(text => text[..9]));
        await client.PingAsync("and nothing more");
        Assert.Equal("10: and nothing more", (await client.FrameAsync()).ToString());
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_push_that_closes_does_so_where_others_wait()
    {
        await using var server = Server(policy: null);
        var (client, target) = await OpenHeldUpAsync(server);
        var push = new PushMethod<string>("plain") { SlowConsumer = SlowConsumerPolicy.Close };
        SendResult result;
        do
        {
            result = await target.Push(push, new string('.', 100));
        }
        while (result.Outcome == SendOutcome.Queued);

        Assert.Equal(SendOutcome.Closed, result);
        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_broadcast_that_says_Wait_waits_though_its_protocol_does_not()
    {
        await using var server = Server(SlowConsumerPolicy.Close);
        var (client, _) = await OpenHeldUpAsync(server);
        var all = new Target(ClientTarget.All(server.Hub, except: null));
        var push = new PushMethod<string>("plain") { SlowConsumer = SlowConsumerPolicy.Wait };

        var sends = Enumerable.Range(0, 30).Select(i => all.Push(push, $"{i:000}" + new string('.', 97)).AsTask()).ToArray();

        Assert.False(sends[^1].IsCompleted);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"plain {i:000}"), (await ReadAsync(client, 30)).Select(text => text[..9]));
        await Task.WhenAll(sends).WaitAsync(Patience.Limit);
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_newer_push_of_the_same_key_takes_the_place_of_the_older()
    {
        await using var server = Server();
        var (client, target) = await OpenHeldUpAsync(server);

        await target.Push(s_price, new Price("A", 1));
        await target.Push(s_price, new Price("B", 1));
        await target.Push(s_plain, "between");
        Assert.Equal(SendOutcome.Queued, await target.Push(s_price, new Price("A", 2)));
        await target.Push(s_price, new Price("C", 1));
        await target.Push(s_price, new Price("B", 2));
        await target.Push(s_price, new Price("A", 3));

        Assert.Equal(["price A 3", "price B 2", "plain between", "price C 1"], await ReadAsync(client, 4));
        await target.Push(s_plain, "last");
        Assert.Equal(["plain last"], await ReadAsync(client, 1));
    }

    [Fact]
    public async Task A_push_that_does_not_wait_is_not_asked_for_its_key()
    {
        var asked = 0;
        var push = new PushMethod<Price>("price") { LatestBy = PushKeySelector.By((Price price) => (price.Symbol, ++asked)) };
        await using var server = Server();
        var client = await server.OpenAsync();
        var target = new Target(ClientTarget.One(server.Hub, (await _life.NextAsync()).Connection));

        Assert.Equal(SendOutcome.Sent, await target.Push(push, new Price("A", 1)));

        Assert.Equal(["price A 1"], await ReadAsync(client, 1));
        Assert.Equal(0, asked);
    }

    [Fact, Trait("rule", "W12")]
    public async Task Other_methods_keys_and_pushes_without_a_key_stay()
    {
        await using var server = Server();
        var (client, target) = await OpenHeldUpAsync(server);

        await target.Push(s_price, new Price("A", 1));
        await target.Push(s_volume, new Price("A", 2));
        await target.Push(s_price, new Price("a", 3));
        await target.Push(s_plain, "A");
        await target.Push(s_plain, "A");
        await target.Push(s_price, new Price(null, 4));
        await target.Push(s_price, new Price(null, 5));

        Assert.Equal(["price A 1", "volume A 2", "price a 3", "plain A", "plain A", "price  5"], await ReadAsync(client, 6));
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_message_that_left_the_queue_is_not_taken_back()
    {
        await using var server = Server();
        var (client, target) = await OpenHeldUpAsync(server);
        await target.Push(s_price, new Price("A", 1));
        Assert.Equal(["price A 1"], await ReadAsync(client, 1));

        await target.Push(s_plain, new string('.', Pipe));
        await target.Push(s_price, new Price("A", 2));
        await target.Push(s_price, new Price("A", 3));

        Assert.Equal(["plain " + new string('.', Pipe), "price A 3"], await ReadAsync(client, 2));
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_broadcast_replaces_in_every_queue_it_waits_in()
    {
        await using var server = Server();
        var (one, first) = await OpenHeldUpAsync(server);
        var (two, _) = await OpenHeldUpAsync(server);
        var reading = await server.OpenAsync();
        await _life.NextAsync();
        var all = new Target(ClientTarget.All(server.Hub, except: null));

        await all.Push(s_price, new Price("A", 1));
        await first.Push(s_price, new Price("B", 1));
        await all.Push(s_price, new Price("A", 2));
        await all.Push(s_price, new Price("B", 2));

        Assert.Equal(["price A 2", "price B 2"], await ReadAsync(one, 2));
        Assert.Equal(["price A 2", "price B 2"], await ReadAsync(two, 2));
        Assert.Equal(["price A 1", "price A 2", "price B 2"], await ReadAsync(reading, 3));
    }

    // The older one's bytes count no more: a queue that is full of one key takes the newer.
    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.Wait)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.Close)]
    public async Task A_full_queue_takes_what_is_no_larger_than_what_it_replaces(SlowConsumerPolicy policy)
    {
        await using var server = Server(policy);
        var (client, target) = await OpenHeldUpAsync(server);
        await target.Push(s_plain, new string('.', 800));
        await target.Push(s_price, new Price("A", 1, new string('x', 100)));

        Assert.Equal(SendOutcome.Queued, await target.Push(s_price, new Price("A", 2, new string('x', 100))));

        Assert.Equal(["plain " + new string('.', 800), "price A 2"], await ReadAsync(client, 2));
    }

    [Theory, Trait("rule", "W12")]
    [InlineData(SlowConsumerPolicy.DropOldest, SendOutcome.Dropped, "price A 2")]
    [InlineData(SlowConsumerPolicy.DropNewest, SendOutcome.Dropped, "plain P,price A 1")]
    public async Task One_that_is_larger_than_the_room_is_treated_as_the_policy_says(SlowConsumerPolicy policy, SendResult result, string received)
    {
        await using var server = Server(policy);
        var (client, target) = await OpenHeldUpAsync(server);
        await target.Push(s_price, new Price("A", 1));
        await target.Push(s_plain, new string('.', 800));

        Assert.Equal(result, await target.Push(s_price, new Price("A", 2, new string('x', 500))));
        Assert.Equal(SendOutcome.Queued, await target.Push(s_price, new Price("B", 9)));

        var expected = received.Split(',').Order().Append("price B 9");
        Assert.Equal(expected.Order(), (await ReadAsync(client, expected.Count())).Select(text => text.StartsWith("plain .", StringComparison.Ordinal) ? "plain P" : text).Order());
    }

    [Fact, Trait("rule", "W12")]
    public async Task A_larger_one_under_Wait_takes_the_place_and_its_sender_waits()
    {
        await using var server = Server(SlowConsumerPolicy.Wait);
        var (client, target) = await OpenHeldUpAsync(server);
        await target.Push(s_price, new Price("A", 1));
        await target.Push(s_plain, new string('.', 800));

        var sending = target.Push(s_price, new Price("A", 2, new string('x', 500))).AsTask();

        Assert.False(sending.IsCompleted);
        Assert.Equal("price A 2", (await ReadAsync(client, 1))[0]);
        Assert.Equal(SendOutcome.Queued, await sending.WaitAsync(Patience.Limit));
    }

    // The dropped one's place is gone: a newer of its key goes to the end, and nothing of it is kept.
    [Fact, Trait("rule", "W12")]
    public async Task A_dropped_message_is_not_replaced()
    {
        await using var server = Server(SlowConsumerPolicy.DropOldest);
        var (client, target) = await OpenHeldUpAsync(server);
        await target.Push(s_price, new Price("A", 1, new string('x', 300)));
        await target.Push(s_plain, new string('.', 500));
        Assert.Equal(SendOutcome.Dropped, await target.Push(s_plain, new string('-', 300)));

        await target.Push(s_price, new Price("A", 2));
        await target.Push(s_price, new Price("A", 3));

        Assert.Equal(["plain " + new string('.', 500), "plain " + new string('-', 300), "price A 3"], await ReadAsync(client, 3));
    }

    private static PushMethod<Price> Latest(string name) => new(name) { LatestBy = PushKeySelector.By<Price, string?>(static price => price.Symbol) };

    private static async Task<List<string>> ReadAsync(TestClient client, int count)
    {
        var read = new List<string>();
        while (read.Count < count)
        {
            var text = await client.TextAsync();
            if (text.StartsWith("full", StringComparison.Ordinal))
            {
                continue;
            }

            using var message = JsonDocument.Parse(text);
            var data = message.RootElement.GetProperty("data");
            read.Add(message.RootElement.GetProperty("type").GetString() + " " + (data.ValueKind == JsonValueKind.String
                ? data.GetString()
                : $"{data.GetProperty("symbol").GetString()} {data.GetProperty("value").GetInt32()}"));
        }

        return read;
    }

    /// <summary>A client whose pipe is full: what is sent to it from here on waits.</summary>
    private async Task<(TestClient Client, Target Target)> OpenHeldUpAsync(TestServer server)
    {
        var client = await server.OpenAsync(holdUpAt: Pipe);
        var connection = (await _life.NextAsync()).Connection;
        Assert.Equal(SendOutcome.Sent, await connection.SendAsync("full" + new string('.', Pipe)));
        return (client, new Target(ClientTarget.One(server.Hub, connection)));
    }

    private TestServer Server(SlowConsumerPolicy? policy = SlowConsumerPolicy.Wait) => new(
        builder => builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, policy: policy)),
        options => options.MaxOutboundBytes = Queue);

    private sealed class Target(ClientTarget target) : ClientProxy(target, typeof(IEvents))
    {
        public ValueTask<SendResult> Push<T>(PushMethod<T> method, T payload) => PushAsync(method, payload);
    }

    private sealed record Price(string? Symbol, int Value, string Padding = "");
}
