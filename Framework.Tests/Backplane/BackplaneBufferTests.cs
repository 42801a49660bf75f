using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Fuzz;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The buffers of messages between nodes return to the pool: sent, kept, expired, delivered and dropped.</summary>
[Collection(nameof(EngineAlone))]
public sealed class BackplaneBufferTests : IDisposable
{
    private readonly TrackedBuffers _buffers = new();

    public void Dispose() => _buffers.Dispose();

    [Fact]
    public async Task Published_and_kept_messages_return_their_buffers()
    {
        var time = new FakeTimeProvider();
        await using var engine = new ScriptedBackplane();
        var options = new BackplaneOptions { BufferBytes = 100 };
        var publisher = new BackplanePublisher(engine, options, time, NullLogger.Instance) { MayReplay = static () => true };
        publisher.Publish("channel", "too old"u8);
        time.Advance(options.BufferTime + TimeSpan.FromSeconds(1));
        publisher.Tick(0);
        _buffers.AssertReturned();

        publisher.Publish("channel", "kept"u8);
        Assert.Equal(1, _buffers.Out);
        publisher.Connected();
        publisher.Publish("channel", "now"u8);
        publisher.PublishNow("channel", "question"u8);
        publisher.Probe("all", "alive"u8);

        Assert.Equal(["kept", "now", "question", "alive"], engine.Published);
        _buffers.AssertReturned();
    }

    [Fact]
    public async Task A_message_has_its_buffer_until_the_server_acknowledges_it()
    {
        var acknowledged = new TaskCompletionSource();
        await using var engine = new ScriptedBackplane();
        var publisher = new BackplanePublisher(engine, new BackplaneOptions(), new FakeTimeProvider(), NullLogger.Instance);
        publisher.Connected();
        engine.OnPublish = _ => new(acknowledged.Task);
        publisher.Publish("channel", "now"u8);
        Assert.Equal(1, _buffers.Out);

        acknowledged.SetResult();

        _buffers.AssertReturned();
    }

    [Fact]
    public async Task A_publisher_that_stops_returns_what_it_kept()
    {
        await using var engine = new ScriptedBackplane();
        var publisher = new BackplanePublisher(engine, new BackplaneOptions { BufferBytes = 100 }, new FakeTimeProvider(), NullLogger.Instance);
        publisher.Publish("channel", "1"u8);
        publisher.Publish("channel", "2"u8);
        Assert.Equal(2, _buffers.Out);

        await publisher.PublishLastAsync("all", "goodbye"u8.ToArray(), TimeSpan.FromSeconds(1));

        _buffers.AssertReturned();
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    public void Received_pushes_return_their_buffers(SlowConsumerPolicy policy)
    {
        var scheduled = new Queue<IThreadPoolWorkItem>();
        var all = new ReceiveBacklog(limit: 3, NullLogger.Instance);
        var channel = new ChannelBacklog("room", all, static (_, _) => { }, scheduled.Enqueue);
        var key = new WaitingKey(null, NeutralPushKey.Of("contract"u8, "price"u8, 0, "A"));
        for (var i = 0; i < 6; i++)
        {
            channel.Add(Encoding.UTF8.GetBytes($"{i}"), new PushHead(policy, i % 2 == 0 ? key : null));
        }

        Assert.Equal(3, _buffers.Out);
        scheduled.Dequeue().Execute();
        _buffers.AssertReturned();

        channel.Add("x"u8, new PushHead(policy, null));
        channel.Clear();
        _buffers.AssertReturned();
        Assert.Equal(0, all.Bytes);
    }

    [Fact]
    public void A_push_whose_delivery_fails_returns_its_buffer()
    {
        var scheduled = new Queue<IThreadPoolWorkItem>();
        var channel = new ChannelBacklog(
            "room", new ReceiveBacklog(limit: 3, NullLogger.Instance), static (_, _) => throw new FormatException(), scheduled.Enqueue);
        channel.Add("x"u8, new PushHead(SlowConsumerPolicy.Close, null));

        Assert.Throws<FormatException>(scheduled.Dequeue().Execute);

        _buffers.AssertReturned();
    }

    [Fact]
    public async Task Pushes_between_nodes_return_their_buffers()
    {
        var network = new InProcessNetwork();
        await using (var one = await TestNode.StartAsync(_ => network.Connect()))
        await using (var two = await TestNode.StartAsync(_ => network.Connect()))
        {
            await TestNode.MeetAsync(one, two);
            var (here, _) = await one.OpenAsync("room");
            var (there, connection) = await two.OpenAsync("room");
            await one.Clients.Group("room").SaidAsync("group");
            await one.Clients.Connection(connection.Id).SaidAsync("one");
            await one.Clients.All.SaidAsync("all");
            Assert.Equal(["all", "group"], new[] { await TestNode.SaidAsync(here), await TestNode.SaidAsync(here) }.Order());
            Assert.Equal(["all", "group", "one"], new[] { await TestNode.SaidAsync(there), await TestNode.SaidAsync(there), await TestNode.SaidAsync(there) }.Order());
            await one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken);
            here.Abort();
            there.Abort();
            await one.Server.EndedAsync();
            await two.Server.EndedAsync();
        }

        await _buffers.AssertReturnedSoonAsync();
    }
}
