using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The limits of the backplane, at the exact value and beside it.</summary>
public sealed class BackplaneLimitsTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedBackplane _engine = new();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public void Exactly_BufferBytes_are_kept()
    {
        var publisher = Publisher(new BackplaneOptions { BufferBytes = 4 });
        Assert.Equal(PublishOutcome.Buffered, publisher.Publish("channel", "123"u8));
        Assert.Equal(PublishOutcome.Refused, publisher.Publish("channel", "45"u8));
        Assert.Equal(PublishOutcome.Buffered, publisher.Publish("channel", "4"u8));
        Assert.Equal(4, Status(publisher).BufferedBytes);
        publisher.Connected();
        Assert.Equal(["123", "4"], _engine.Published);
    }

    [Fact]
    public void A_message_is_kept_for_exactly_BufferTime()
    {
        var options = new BackplaneOptions { BufferBytes = 10, BufferTime = TimeSpan.FromSeconds(5) };
        var publisher = Publisher(options);
        publisher.Publish("channel", "old"u8);
        _time.Advance(TimeSpan.FromSeconds(1));
        publisher.Publish("channel", "new"u8);
        _time.Advance(TimeSpan.FromSeconds(4));
        publisher.Tick(0);
        Assert.Equal((6, 0), (Status(publisher).BufferedBytes, Status(publisher).Lost));

        _time.Advance(TimeSpan.FromTicks(1));
        publisher.Tick(0);

        Assert.Equal((3, 1), (Status(publisher).BufferedBytes, Status(publisher).Lost));
    }

    [Fact]
    public void A_message_that_becomes_too_old_during_the_outage_is_not_published_after_it()
    {
        var publisher = Publisher(new BackplaneOptions { BufferBytes = 10, BufferTime = TimeSpan.FromSeconds(5) });
        publisher.Publish("channel", "old"u8);
        _time.Advance(TimeSpan.FromSeconds(6));
        publisher.Connected();
        Assert.Empty(_engine.Published);
        Assert.Equal((true, 1), (Status(publisher).IsConnected, Status(publisher).Lost));
    }

    [Fact]
    public void Exactly_MaxUnacknowledgedBytes_are_in_progress()
    {
        var publisher = Publisher(new BackplaneOptions { MaxUnacknowledgedBytes = 4 });
        publisher.Connected();
        var acknowledgments = new List<TaskCompletionSource>();
        _engine.OnPublish = _ =>
        {
            acknowledgments.Add(new TaskCompletionSource());
            return new(acknowledgments[^1].Task);
        };
        Assert.Equal(PublishOutcome.Published, publisher.Publish("channel", "123"u8));
        Assert.Equal(PublishOutcome.Refused, publisher.Publish("channel", "45"u8));
        Assert.Equal(PublishOutcome.Refused, publisher.PublishNow("channel", "45"u8));
        Assert.Equal(PublishOutcome.Published, publisher.PublishNow("channel", "4"u8));
        Assert.Equal((4, 2, 4, 2), (Status(publisher).UnacknowledgedBytes, Status(publisher).Published, Status(publisher).PublishedBytes, Status(publisher).Refused));

        acknowledgments.ForEach(static acknowledgment => acknowledgment.SetResult());
        Assert.Equal(0, Status(publisher).UnacknowledgedBytes);
        Assert.Equal(PublishOutcome.Published, publisher.Publish("channel", "1234"u8));
        Assert.Equal(PublishOutcome.Refused, publisher.PublishNow("channel", "12345"u8));
    }

    [Fact]
    public void An_answer_is_not_published_while_the_server_is_away()
    {
        var publisher = Publisher(new BackplaneOptions { BufferBytes = 10 });
        Assert.Equal(PublishOutcome.Refused, publisher.PublishNow("channel", "answer"u8));
        Assert.Equal((0, 1), (Status(publisher).BufferedBytes, Status(publisher).Refused));
        Assert.Empty(_engine.Published);
    }

    [Fact]
    public void A_server_that_acknowledges_nothing_for_exactly_PublishTimeout_is_away()
    {
        var publisher = Publisher(new BackplaneOptions { PublishTimeout = TimeSpan.FromSeconds(5) });
        publisher.Connected();
        publisher.Tick(1000);
        _engine.OnPublish = static _ => new(new TaskCompletionSource().Task);
        publisher.Publish("channel", "1"u8);
        publisher.Tick(5999);
        Assert.True(Status(publisher).IsConnected);

        publisher.Tick(6000);

        Assert.Equal((false, "The server doesn't answer."), (Status(publisher).IsConnected, Status(publisher).Problem));
    }

    [Fact]
    public void A_server_that_acknowledges_some_messages_stays_connected()
    {
        var publisher = Publisher(new BackplaneOptions { PublishTimeout = TimeSpan.FromSeconds(5) });
        publisher.Connected();
        var first = new TaskCompletionSource();
        _engine.OnPublish = message => new((message == "first" ? first : new TaskCompletionSource()).Task);
        publisher.Tick(0);
        publisher.Publish("channel", "first"u8);
        publisher.Publish("channel", "second"u8);
        publisher.Tick(4000);
        first.SetResult();
        publisher.Tick(5000);
        Assert.True(Status(publisher).IsConnected);
        publisher.Tick(9999);
        Assert.True(Status(publisher).IsConnected);
        publisher.Tick(10_000);
        Assert.False(Status(publisher).IsConnected);
    }

    [Fact]
    public void A_heartbeat_is_repeated_after_PublishTimeout()
    {
        var options = new BackplaneOptions();
        var publisher = Publisher(options);
        publisher.Connected();
        _engine.OnPublish = static _ => new(new TaskCompletionSource().Task);
        publisher.Probe("all", "1"u8);
        _time.Advance(options.PublishTimeout);
        publisher.Probe("all", "2"u8);
        Assert.Equal(["1"], _engine.Published);

        _time.Advance(TimeSpan.FromTicks(1));
        publisher.Probe("all", "3"u8);
        publisher.Probe("all", "4"u8);

        Assert.Equal(["1", "3"], _engine.Published);
    }

    [Fact]
    public void A_heartbeat_that_fails_is_not_a_lost_message()
    {
        var publisher = Publisher(new BackplaneOptions());
        publisher.Connected();
        _engine.OnPublish = static _ => ValueTask.FromException(new IOException("Cut."));
        publisher.Probe("all", "1"u8);
        Assert.Equal((0, "Cut."), (Status(publisher).Lost, Status(publisher).Problem));
        publisher.Connected();
        publisher.Publish("channel", "2"u8);
        Assert.Equal(1, Status(publisher).Lost);
    }

    [Fact]
    public void The_status_has_the_time_of_the_last_change()
    {
        var start = _time.GetUtcNow();
        var publisher = Publisher(new BackplaneOptions());
        _time.Advance(TimeSpan.FromSeconds(1));
        publisher.Connected();
        Assert.Equal(start + TimeSpan.FromSeconds(1), Status(publisher).Since);
        _time.Advance(TimeSpan.FromSeconds(1));
        publisher.Disconnected("Cut.");
        _time.Advance(TimeSpan.FromSeconds(1));
        publisher.Disconnected("Cut again.");
        Assert.Equal((start + TimeSpan.FromSeconds(2), "Cut again."), (Status(publisher).Since, Status(publisher).Problem));
    }

    [Fact]
    public void The_backlog_is_full_above_its_limit()
    {
        var backlog = new ReceiveBacklog(limit: 10, NullLogger.Instance);
        backlog.Add(6);
        Assert.False(backlog.IsFull(4));
        Assert.True(backlog.IsFull(5));
        backlog.Add(-6);
        Assert.Equal(0, backlog.Bytes);
    }

    private BackplanePublisher Publisher(BackplaneOptions options) => new(_engine, options, _time, NullLogger.Instance) { MayReplay = static () => true };

    private static BackplaneStatus Status(BackplanePublisher publisher)
    {
        var status = new BackplaneStatus { Node = "test" };
        publisher.Fill(ref status);
        return status;
    }
}
