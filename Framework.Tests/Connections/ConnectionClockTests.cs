using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>One timer tells all connections the time, in slices, and each of them once a tick.</summary>
public sealed class ConnectionClockTests : IDisposable
{
    private const int Many = 1000;

    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionClock _clock;

    public ConnectionClockTests() => _clock = new ConnectionClock(_time, NullLogger.Instance);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public async Task Each_of_many_is_told_once_a_tick()
    {
        var clients = Add(Many);

        for (var tick = 1; tick <= 3; tick++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await Eventually.TrueAsync(() => Array.TrueForAll(clients, client => client.Ticks == tick), "all are told");
        }
    }

    [Fact]
    public async Task A_connection_that_left_is_told_no_more_and_no_other_is_left_out()
    {
        var clients = Add(Many);
        foreach (var client in clients.Where((_, i) => i % 3 == 0))
        {
            client.OnTick = () => _clock.Remove(client);
        }

        _time.Advance(TimeSpan.FromMilliseconds(250));
        await Eventually.TrueAsync(() => Array.TrueForAll(clients, client => client.Ticks > 0), "all are told");
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await Eventually.TrueAsync(() => clients.Where((_, i) => i % 3 != 0).All(client => client.Ticks >= 2), "those that stay are told again");

        Assert.All(clients.Where((_, i) => i % 3 == 0), client => Assert.Equal(1, client.Ticks));
    }

    // A machine that slept, a frozen process: the system's timer calls once afterwards.
    [Fact]
    public void A_pause_counts_as_one_period()
    {
        var time = new ManualTime();
        using var clock = new ConnectionClock(time, NullLogger.Instance);
        var steps = new List<(long Now, long Step, long Pause)>();
        clock.Add(new Client { OnTick = () => steps.Add((clock.Now, clock.Step, clock.Pause)) });

        foreach (var elapsed in (int[])[250, 300, 60_000, 250, 500, 501])
        {
            time.Tick(elapsed);
        }

        Assert.Equal([(250, 250, 0), (550, 300, 0), (800, 250, 60_000), (1050, 250, 0), (1550, 500, 0), (1800, 250, 501)], steps);
    }

    // Handlers that block hold the pool up: the timer calls all the same, and what peers have sent waits for a thread.
    [Fact]
    public void Time_in_which_the_pool_is_held_up_does_not_count()
    {
        var time = new ManualTime();
        var queued = new Queue<ThreadPoolProbe>();
        using var clock = new ConnectionClock(time, NullLogger.Instance, new ThreadPoolProbe(() => 1 + time.GetTimestamp(), queued.Enqueue));
        var client = new Client();
        clock.Add(client);

        time.Tick(250);
        Assert.Equal(250, clock.Now);
        for (var i = 0; i < 400; i++)
        {
            time.Tick(250);
        }

        Assert.Equal((250, 401), (clock.Now, client.Ticks));
        Assert.Single(queued);

        queued.Dequeue().Execute();
        time.Tick(250);
        Assert.Equal(500, clock.Now);

        // A turn that comes between two ticks is soon enough.
        queued.Dequeue().Execute();
        time.Tick(250);
        Assert.Equal(750, clock.Now);
    }

    [Fact]
    public void A_test_that_moves_its_time_by_many_periods_moves_the_clock_as_far()
    {
        var client = new Client();
        _clock.Add(client);

        _time.Advance(TimeSpan.FromSeconds(33));

        Assert.Equal(33_000, _clock.Now);
    }

    private Client[] Add(int count)
    {
        var clients = Enumerable.Range(0, count).Select(_ => new Client()).ToArray();
        foreach (var client in clients)
        {
            _clock.Add(client);
            _clock.Add(client);
        }

        return clients;
    }

    /// <summary>A system's clock and its timer, which is late when the system was.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private Action _tick = static () => { };
        private long _now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _tick = () => callback(state);
            return new FakeTimeProvider().CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Tick(int milliseconds)
        {
            _now += milliseconds;
            _tick();
        }
    }

    private sealed class Client : ClockClient
    {
        private int _ticks;

        public int Ticks => Volatile.Read(ref _ticks);

        public Action? OnTick { get; set; }

        public override void Tick(long now)
        {
            Interlocked.Increment(ref _ticks);
            OnTick?.Invoke();
        }
    }
}
