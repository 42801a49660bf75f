using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// One timer for the deadlines of all connections. Deadlines are coarse (a tick is a quarter of a second): what they guard
/// against is measured in seconds, and a timer for each would cost more than the connection's traffic.
/// </summary>
internal sealed class ConnectionClock : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<IClockClient, byte> _clients = new();
    private readonly ITimer _timer;
    private readonly ILogger _logger;
    private readonly long _start;
    private long _now;

    public ConnectionClock(TimeProvider time, ILogger logger)
    {
        Time = time;
        _logger = logger;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static clock => ((ConnectionClock)clock!).Tick(), this, s_period, s_period);
    }

    public TimeProvider Time { get; }

    /// <summary>Milliseconds since the clock was made, as of the last tick: reading it costs nothing.</summary>
    public long Now => Volatile.Read(ref _now);

    public void Add(IClockClient client) => _clients.TryAdd(client, 0);

    public void Remove(IClockClient client) => _clients.TryRemove(client, out _);

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        var now = (long)Time.GetElapsedTime(_start).TotalMilliseconds;
        Volatile.Write(ref _now, now);
        foreach (var client in _clients)
        {
            try
            {
                client.Key.Tick(now);
            }
            catch (Exception e)
            {
                // A timer's exception would end the process, and one connection's trouble isn't the others'.
                ConnectionLog.DeadlineFailed(_logger, e);
            }
        }
    }
}

/// <summary>Something with deadlines.</summary>
internal interface IClockClient
{
    /// <summary>Is called a few times a second, on the timer's thread: it must be quick and not throw.</summary>
    void Tick(long now);
}
