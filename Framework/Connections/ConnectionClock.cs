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

    private const int Period = 250;

    // A tick that comes later than this comes after a pause.
    private const int LongestStep = 2 * Period;

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(Period);

    private readonly Lock _gate = new();
    private readonly ClockClient[] _slice = new ClockClient[SliceSize];
    private readonly ITimer _timer;
    private readonly PoolTurn? _pool;
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

    /// <param name="time">The time.</param>
    /// <param name="logger">Is told of clients that throw.</param>
    /// <param name="pool">Tells when the pool is held up; null where the time is a test's, which doesn't pass as the pool's does.</param>
    public ConnectionClock(TimeProvider time, ILogger logger, PoolTurn? pool = null)
    {
        Time = time;
        _logger = logger;
        _pool = pool;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(static clock => ((ConnectionClock)clock!).Tick(), this, s_period, s_period);
    }

    public TimeProvider Time { get; }

    /// <summary>
    /// Milliseconds since the clock was made, as of the last tick: reading it costs nothing. It is the time in which the process ran: what a
    /// machine slept, or a process was frozen or short of threads, is nobody's silence, since meanwhile nothing could be read.
    /// </summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The milliseconds between this tick and the one before; for clients that are being told.</summary>
    public long Step { get; private set; }

    /// <summary>For how many milliseconds the clock stood still before this tick; for clients that are being told.</summary>
    public long Pause { get; private set; }

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

    // After a pause the system's timer calls once, and one period counts. A test's calls once for each period that it was moved by, with
    // the time standing: then each counts.
    // While the pool is held up, who has read something waits for a thread: that time doesn't count either.
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
