using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// One timer for the deadlines of all connections. Deadlines are coarse (a tick is a quarter of a second): what they guard
/// against is measured in seconds, and a timer for each would cost more than the connection's traffic.
/// </summary>
internal sealed class ConnectionClock : IThreadPoolWorkItem, IDisposable
{
    // Messages wait while a tick has the core: after so many clients they get their turn, however many connections there are.
    private const int SliceSize = 128;

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly ClockClient[] _slice = new ClockClient[SliceSize];
    private readonly ITimer _timer;
    private readonly ILogger _logger;
    private readonly long _start;
    private ClockClient[] _clients = new ClockClient[16];
    private int _count;
    private int _left;
    private int _isTicking;
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

    /// <summary>Begins to tell a client the time; to add one twice does nothing.</summary>
    public void Add(ClockClient client)
    {
        lock (_gate)
        {
            if (client.Place > 0)
            {
                return;
            }

            if (_count == _clients.Length)
            {
                Array.Resize(ref _clients, 2 * _count);
            }

            _clients[_count++] = client;
            client.Place = _count;
        }
    }

    /// <summary>Ends it. A tick that is under way may reach the client once more.</summary>
    public void Remove(ClockClient client)
    {
        lock (_gate)
        {
            if (client.Place == 0)
            {
                return;
            }

            var last = _clients[--_count];
            _clients[client.Place - 1] = last;
            _clients[_count] = null!;
            last.Place = client.Place;
            client.Place = 0;
            if (_clients.Length > 16 && _count <= _clients.Length / 4)
            {
                Array.Resize(ref _clients, _clients.Length / 2);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    void IThreadPoolWorkItem.Execute() => TellSlice();

    private void Tick()
    {
        Volatile.Write(ref _now, (long)Time.GetElapsedTime(_start).TotalMilliseconds);
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            Volatile.Write(ref _left, int.MaxValue);
            TellSlice();
        }
    }

    private void TellSlice()
    {
        var slice = NextSlice();
        foreach (var client in slice)
        {
            try
            {
                client.Tick(Now);
            }
            catch (Exception e)
            {
                // A timer's exception would end the process, and one connection's trouble isn't the others'.
                ConnectionLog.DeadlineFailed(_logger, e);
            }
        }

        slice.Clear();
        if (_left > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else
        {
            Volatile.Write(ref _isTicking, 0);
        }
    }

    /// <summary>The clients are walked from the end: who leaves is replaced by the last one, which has been told already.</summary>
    private Span<ClockClient> NextSlice()
    {
        lock (_gate)
        {
            var end = Math.Min(_left, _count);
            _left = Math.Max(0, end - SliceSize);
            _clients.AsSpan(_left, end - _left).CopyTo(_slice);
            return _slice.AsSpan(0, end - _left);
        }
    }
}

/// <summary>Something with deadlines.</summary>
internal abstract class ClockClient
{
    /// <summary>Where it stands among the clock's clients, from 1; 0 when it isn't there. The clock's own.</summary>
    internal int Place { get; set; }

    /// <summary>Is called a few times a second, on the timer's thread: it must be quick and not throw.</summary>
    public abstract void Tick(long now);
}
