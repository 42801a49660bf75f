using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The publisher's state after losses and returns: what it reports, counts and sends.</summary>
public sealed class BackplaneChangesTests : IAsyncDisposable
{
    private readonly ScriptedBackplane _engine = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogs _logs = new();

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _logs.Dispose();
    }

    [Fact]
    public void A_publisher_without_observers_replays()
    {
        var publisher = Publisher(new BackplaneOptions { BufferBytes = 10 });
        publisher.Publish("channel", "kept"u8);
        Assert.True(publisher.Connected());
        Assert.False(publisher.Connected());
        Assert.Equal(["kept"], _engine.Published);
        publisher.Disconnected("Cut.");
        publisher.Tick(0);
        Assert.True(publisher.Connected());
    }

    [Fact]
    public void An_acknowledged_heartbeat_ends_an_outage_only_if_the_engine_is_connected()
    {
        var publisher = Publisher(new BackplaneOptions());
        publisher.Probe("all", "1"u8);
        Assert.False(publisher.IsReachable);
        publisher.Connected();
        _engine.OnPublish = static _ => throw new IOException("Cut.");
        publisher.Publish("channel", "lost"u8);
        Assert.False(publisher.IsReachable);
        _engine.OnPublish = static _ => default;
        publisher.Probe("all", "2"u8);
        Assert.True(publisher.IsOpen);
    }

    [Fact]
    public void A_message_that_fails_after_it_was_handed_over_is_lost_and_is_an_outage()
    {
        var publisher = Publisher(new BackplaneOptions());
        publisher.Connected();
        var sending = new TaskCompletionSource();
        _engine.OnPublish = _ => new(sending.Task);
        Assert.Equal(PublishOutcome.Published, publisher.Publish("channel", "1"u8));
        sending.SetException(new IOException("Cut."));
        Assert.Equal((1, 0, false, "Cut."), (Status(publisher).Lost, Status(publisher).UnacknowledgedBytes, Status(publisher).IsConnected, Status(publisher).Problem));
    }

    [Fact]
    public void Each_outage_counts_from_its_own_start()
    {
        var publisher = Publisher(new BackplaneOptions { BufferBytes = 3 });
        publisher.Connected();
        for (var i = 0; i < 2; i++)
        {
            publisher.Disconnected("Cut.");
            publisher.Publish("channel", "123"u8);
            publisher.Publish("channel", "4"u8);
            publisher.Connected();
        }

        Assert.Equal(2, Status(publisher).Refused);
        var ends = _logs.AboveDebug.Where(static entry => entry.Id == 200).Select(static entry => entry.Message).ToList();
        Assert.Equal(3, ends.Count);
        Assert.All(ends[1..], static end => Assert.Contains("1 messages were refused and 0 were lost. 1 buffered messages", end, StringComparison.Ordinal));
        Assert.Equal(2, _logs.AboveDebug.Count(static entry => entry is { Id: 201, Level: LogLevel.Warning }));
    }

    [Fact]
    public void The_first_message_larger_than_the_limit_is_replayed_alone()
    {
        var options = new BackplaneOptions { BufferBytes = 100 };
        var publisher = Publisher(options);
        publisher.Publish("channel", "12345"u8);
        publisher.Publish("channel", "6"u8);
        options.MaxUnacknowledgedBytes = 2;
        var sending = new TaskCompletionSource();
        _engine.OnPublish = message => message == "12345" ? new(sending.Task) : default;
        publisher.Connected();
        Assert.Equal(["12345"], _engine.Published);
        sending.SetResult();
        Assert.Equal(["12345", "6"], _engine.Published);
    }

    [Fact]
    public void Kept_messages_fill_exactly_the_unacknowledged_limit()
    {
        var options = new BackplaneOptions { BufferBytes = 100, MaxUnacknowledgedBytes = 4 };
        var publisher = Publisher(options);
        foreach (var message in (byte[][])[[(byte)'1', (byte)'2'], [(byte)'3', (byte)'4'], [(byte)'5']])
        {
            publisher.Publish("channel", message);
        }

        _engine.OnPublish = static _ => new(new TaskCompletionSource().Task);
        publisher.Connected();
        Assert.Equal(["12", "34"], _engine.Published);
        Assert.Equal((4, 1), (Status(publisher).UnacknowledgedBytes, Status(publisher).BufferedBytes));
    }

    private BackplanePublisher Publisher(BackplaneOptions options) => new(_engine, options, _time, _logs.CreateLogger("test"));

    private static BackplaneStatus Status(BackplanePublisher publisher)
    {
        var status = new BackplaneStatus { Node = "test" };
        publisher.Fill(ref status);
        return status;
    }
}
