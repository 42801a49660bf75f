using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The messages that are published, kept and lost, for every order of the engine's answers.</summary>
public sealed class BackplanePublisherTests : IAsyncDisposable
{
    private readonly ScriptedBackplane _engine = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogs _logs = new();
    private readonly List<bool> _changes = [];
    private readonly BackplaneOptions _options = new() { BufferBytes = 10_000_000 };
    private bool _areNodesThere = true;
    private Action<bool>? _observer;
    private BackplanePublisher? _made;

    private BackplanePublisher Publisher => _made ??= new BackplanePublisher(_engine, _options, _time, _logs.CreateLogger("test"))
    {
        MayReplay = () => _areNodesThere,
        Changed = isOpen =>
        {
            _changes.Add(isOpen);
            _observer?.Invoke(isOpen);
        },
    };

    private BackplaneStatus Status
    {
        get
        {
            var status = new BackplaneStatus { Node = "test" };
            Publisher.Fill(ref status);
            return status;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _logs.Dispose();
    }

    // A recursive call for each message would overflow the stack and end the process.
    [Fact]
    public void Many_kept_messages_are_published_in_a_loop_and_the_observer_is_called_once()
    {
        const int Count = 50_000;
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal(PublishOutcome.Buffered, Publish($"{i}"));
        }

        Publisher.Connected();

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i}"), _engine.Published);
        Assert.Equal([true], _changes);
        Assert.Equal((true, 0, 0), (Status.IsConnected, Status.Lost, Status.BufferedBytes));
    }

    [Fact]
    public void Kept_messages_wait_for_the_nodes_and_new_messages_wait_behind_them()
    {
        _areNodesThere = false;
        Publish("1");
        Publisher.Connected();
        Assert.Equal(PublishOutcome.Buffered, Publish("2"));
        Assert.Equal((false, true), (Status.IsConnected, Publisher.IsReachable));
        Assert.Contains("wait for the other nodes", Status.Problem, StringComparison.Ordinal);
        Assert.Equal(PublishOutcome.Published, Publisher.PublishNow("channel", "answer"u8));

        _areNodesThere = true;
        Publisher.Advance();

        Assert.Equal(PublishOutcome.Published, Publish("3"));
        Assert.Equal(["answer", "1", "2", "3"], _engine.Published);
    }

    [Fact]
    public void A_publisher_that_keeps_nothing_waits_for_no_node()
    {
        (_areNodesThere, _options.BufferBytes) = (false, 0);
        Publisher.Connected();
        Assert.Equal(PublishOutcome.Published, Publish("1"));
    }

    // A message whose task has failed may have arrived: it is counted and not sent again.
    [Theory]
    [InlineData(true, "1 2 3 4 5", 0)]
    [InlineData(false, "1 2 4 5", 1)]
    public void A_replay_that_a_second_outage_interrupts_continues_where_it_stopped(bool throws, string published, long lost)
    {
        foreach (var message in (string[])["1", "2", "3", "4"])
        {
            Publish(message);
        }

        _engine.OnPublish = message =>
        {
            if (message != "3")
            {
                return default;
            }

            Publisher.Disconnected("Cut again.");
            return throws ? throw new IOException("Cut.") : ValueTask.FromException(new IOException("Cut."));
        };
        Publisher.Connected();
        Assert.Equal(["1", "2"], _engine.Published);
        Publish("5");
        Assert.Equal("Cut again.", Status.Problem);

        _engine.OnPublish = static _ => default;
        Publisher.Connected();

        Assert.Equal(published, string.Join(' ', _engine.Published));
        Assert.Equal((lost, 0), (Status.Lost, Status.Refused));
        Assert.Equal([true], _changes);
    }

    [Fact]
    public void An_engine_that_reconnects_during_a_call_gets_no_message_twice()
    {
        foreach (var message in (string[])["1", "2", "3"])
        {
            Publish(message);
        }

        _engine.OnPublish = message =>
        {
            if (message == "2")
            {
                Publisher.Disconnected("Cut.");
                Publisher.Connected();
            }

            return default;
        };
        Publisher.Connected();

        Assert.Equal(["1", "2", "3"], _engine.Published);
        Assert.Equal((true, 0), (Status.IsConnected, Status.Lost));
    }

    [Fact]
    public void An_engine_that_answers_late_and_out_of_order_gets_at_most_the_unacknowledged_limit()
    {
        _options.MaxUnacknowledgedBytes = 3;
        var sources = new List<TaskCompletionSource>();
        foreach (var message in (string[])["a", "b", "c", "d", "e", "f"])
        {
            Publish(message);
        }

        _engine.OnPublish = _ =>
        {
            sources.Add(new TaskCompletionSource());
            return new ValueTask(sources[^1].Task);
        };
        Publisher.Connected();
        Assert.Equal(["a", "b", "c"], _engine.Published);
        Assert.False(Status.IsConnected);

        sources[2].SetResult();
        Assert.Equal(["a", "b", "c", "d"], _engine.Published);
        sources[0].SetResult();
        sources[1].SetResult();

        Assert.Equal(["a", "b", "c", "d", "e", "f"], _engine.Published);
        Assert.True(Status.IsConnected);
    }

    [Fact]
    public void A_failure_of_a_message_sent_before_an_outage_does_not_end_the_connection_after_it()
    {
        var early = new TaskCompletionSource();
        Publisher.Connected();
        _engine.OnPublish = _ => new ValueTask(early.Task);
        Publish("early");
        Publisher.Disconnected("Cut.");
        _engine.OnPublish = static _ => default;
        Publisher.Connected();

        early.SetException(new IOException("Timeout."));

        Assert.Equal((true, 1), (Status.IsConnected, Status.Lost));
        Assert.Equal([true, false, true], _changes);
    }

    [Fact]
    public void The_push_that_detects_the_outage_is_kept_too()
    {
        Publisher.Connected();
        _engine.OnPublish = static _ => throw new IOException("The server is away.");
        Assert.Equal(PublishOutcome.Buffered, Publish("1"));
        Assert.Equal((false, "The server is away."), (Status.IsConnected, Status.Problem));

        _engine.OnPublish = static _ => default;
        Publisher.Probe("all", "alive"u8);

        Assert.Equal(["alive", "1"], _engine.Published);
    }

    [Fact]
    public void A_message_that_the_engine_always_rejects_is_the_only_one_refused()
    {
        _engine.OnPublish = static message => message == "large" ? throw new ArgumentException("Too large.") : default;
        Publish("large");
        Publish("1");
        Publisher.Connected();
        Assert.Equal(PublishOutcome.Refused, Publish("large"));
        Publish("2");

        Assert.Equal(["1", "2"], _engine.Published);
        Assert.Equal((true, 1, 1), (Status.IsConnected, Status.Lost, Status.Refused));
        Assert.Contains("Too large.", Assert.Single(_logs.AboveDebug, entry => entry.Level == LogLevel.Warning).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kept_message_that_fails_again_after_the_outage_does_not_block_the_others()
    {
        _engine.OnPublish = static message => message == "bad" ? throw new IOException("Refused.") : default;
        Publish("bad");
        Publish("good");
        Publisher.Connected();
        Assert.Empty(_engine.Published);
        Publisher.Probe("all", "alive"u8);
        Publisher.Probe("all", "alive"u8);

        Assert.Equal(["alive", "alive", "good"], _engine.Published);
        Assert.Equal(1, Status.Lost);
    }

    [Fact]
    public void An_observer_that_publishes_is_called_once_for_each_change_in_order()
    {
        _options.BufferBytes = 0;
        _observer = isOpen =>
        {
            _engine.OnPublish = _ => isOpen && _changes.Count < 5 ? throw new IOException("Cut.") : default;
            Publish("from the observer");
            Publisher.Probe("all", "alive"u8);
        };
        Publisher.Connected();

        Assert.Equal([true, false, true, false, true], _changes);
    }

    [Fact]
    public void An_outage_is_one_warning_and_its_end_is_one_line_with_the_number_of_lost_messages()
    {
        Publisher.Connected();
        _options.BufferBytes = 2;
        Publisher.Disconnected("Lost.");
        Publisher.Disconnected("Connection refused.");
        Publisher.Disconnected("Connection refused.");
        Publish("1");
        _time.Advance(TimeSpan.FromSeconds(11));
        Publish("2");
        Publish("refused");
        Publisher.Connected();

        Assert.Equal([(LogLevel.Information, 200), (LogLevel.Warning, 201), (LogLevel.Information, 210), (LogLevel.Information, 200)], _logs.AboveDebug.Select(entry => (entry.Level, entry.Id)));
        Assert.Contains("1 messages were refused and 1 were lost. 1 buffered messages are published now", _logs.AboveDebug.Last().Message, StringComparison.Ordinal);
        Assert.All(_logs.AboveDebug, static entry => Assert.Null(entry.Exception));
    }

    [Fact]
    public void A_server_that_was_never_connected_is_a_warning_with_the_reason()
    {
        Publisher.Disconnected("WRONGPASS");
        Assert.Contains("WRONGPASS", Assert.Single(_logs.AboveDebug).Message, StringComparison.Ordinal);
        Assert.Equal("WRONGPASS", Status.Problem);
    }

    [Fact]
    public void A_heartbeat_without_an_answer_does_not_block_the_next_ones_forever()
    {
        Publisher.Connected();
        _engine.OnPublish = static _ => new ValueTask(new TaskCompletionSource().Task);
        Publisher.Probe("all", "1"u8);
        Publisher.Probe("all", "2"u8);
        _time.Advance(_options.PublishTimeout + TimeSpan.FromSeconds(1));
        Publisher.Probe("all", "3"u8);

        Assert.Equal(["1", "3"], _engine.Published);
    }

    [Fact]
    public async Task The_last_message_ends_after_its_timeout_and_kept_messages_are_counted_as_lost()
    {
        Publish("kept");
        _areNodesThere = false;
        Publisher.Connected();
        _engine.OnPublish = static _ => new ValueTask(new TaskCompletionSource().Task);

        var last = Publisher.PublishLastAsync("all", "goodbye"u8.ToArray(), TimeSpan.FromMilliseconds(500));
        Assert.False(last.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await last.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        Assert.Equal((1, 0), (Status.Lost, Status.BufferedBytes));
        Assert.Equal(PublishOutcome.Refused, Publish("too late"));
    }

    [Fact]
    public void The_last_message_does_not_wait_while_the_server_is_disconnected() =>
        Assert.True(Publisher.PublishLastAsync("all", "goodbye"u8.ToArray(), TimeSpan.FromDays(1)).IsCompletedSuccessfully);

    private PublishOutcome Publish(string message) => Publisher.Publish("channel", Encoding.UTF8.GetBytes(message));
}
