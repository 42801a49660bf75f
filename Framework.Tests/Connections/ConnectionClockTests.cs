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
    public async Task Who_has_left_is_told_no_more_and_no_other_is_left_out()
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
