using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// One timer for the deadlines of all connections. Deadlines are coarse (a tick is a quarter of a second): the timeouts
/// are measured in seconds, and a timer for each deadline would cost more than the connection's traffic.
/// </summary>
internal sealed class ConnectionClock : IThreadPoolWorkItem, IDisposable
{
    // Messages wait while a tick occupies the core. After this many clients the tick yields, however many connections there are.
    private const int SliceSize = 128;

    private const int Period = 250;

    // A tick that comes later than this follows a pause.
    private const int LongestStep = 2 * Period;

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(Period);

    private readonly Lock _gate = new();
    private readonly ClockClient[] _slice = new ClockClient[SliceSize];
    private readonly ITimer _timer;
    private readonly ThreadPoolProbe? _pool;
    private readonly ILogger _logger;
    private readonly long _start;
    private ClockClient[] _clients = new ClockClient[16];
    private int _count;
    private int _left;
    private int _isTicking;
    private long _now;
    private long _seen;
    private long _behind;
    private long _pause;
    private long _told;

    /// <param name="time">The time provider.</param>
    /// <param name="logger">Logs the exceptions of clients.</param>
    /// <param name="pool">Reports whether the thread pool is held up; null where a test controls the time.</param>
    public ConnectionClock(TimeProvider time, ILogger logger, ThreadPoolProbe? pool = null)
    {
        Time = time;
        _logger = logger;
        _pool = pool;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static clock => ((ConnectionClock)clock!).Tick(), this, s_period, s_period);
    }

    public TimeProvider Time { get; }

    /// <summary>
    /// The milliseconds since the clock was created, as of the last tick. Reading it costs nothing. Only time in which the process ran
    /// counts: while the machine sleeps, or the process is frozen or short of threads, nothing can be read, so peers don't count as silent.
    /// </summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The milliseconds between this tick and the one before. Valid inside a client's tick.</summary>
    public long Step { get; private set; }

    /// <summary>The milliseconds for which the clock stood still before this tick. Valid inside a client's tick.</summary>
    public long Pause { get; private set; }

    /// <summary>Adds a client, which then gets the ticks. Adding it twice does nothing.</summary>
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

    /// <summary>Removes a client. A tick in progress may reach the client once more.</summary>
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
        Count((long)Time.GetElapsedTime(_start).TotalMilliseconds, _pool is { IsLate: true });
        _pool?.Ask();
        if (Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            lock (_gate)
            {
                (Step, Pause) = (_now - _told, _pause);
                (_told, _pause) = (_now, 0);
            }

            Volatile.Write(ref _left, int.MaxValue);
            TellSlice();
        }
    }

    // After a pause the system's timer calls once, and one period counts. A test's timer calls once for each period by which the test
    // advanced the time, while the time stands still: then each period counts.
    // While the pool is held up, the code that handles received bytes waits for a thread: that time doesn't count either.
    private void Count(long elapsed, bool isHeldUp)
    {
        lock (_gate)
        {
            if (elapsed > _seen)
            {
                _behind = elapsed - _seen;
                _seen = elapsed;
                _pause += _behind > LongestStep ? _behind : 0;
            }

            var step = isHeldUp ? 0 : _behind > LongestStep ? Period : _behind;
            _behind -= isHeldUp ? _behind : step;
            Volatile.Write(ref _now, _now + step);
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
                // An exception in a timer callback would end the process. One connection's failure must not affect the others.
                ConversationLog.DeadlineFailed(_logger, e);
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

    /// <summary>Walks the clients from the end: the last client, which has had its tick already, replaces one that is removed.</summary>
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

/// <summary>An object with deadlines.</summary>
internal abstract class ClockClient
{
    /// <summary>The position among the clock's clients, from 1; 0 when the client isn't registered. Only the clock uses it.</summary>
    internal int Place { get; set; }

    /// <summary>Called a few times a second, on the timer's thread: it must be quick and must not throw.</summary>
    public abstract void Tick(long now);
}
