using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// One thread that waits for the sockets of its connections and serves them: what reads from a connection goes on here, until it
/// awaits something that isn't done.
/// </summary>
internal sealed class EpollLoop : IDisposable
{
    private const int MaxSpareSegments = 4;

    private readonly EpollSet _set = new();
    private readonly ConcurrentQueue<EpollConnection> _posted = new();
    private readonly Segment?[] _spare = new Segment?[MaxSpareSegments];
    private readonly SegmentPool _pool;
    private readonly EpollListener _listener;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Lock _connectionsGate = new();
    private readonly Lock _wakeGate = new();
    private readonly int _wake;
    private EpollConnection?[] _connections = new EpollConnection?[64];
    private int _connectionCount;
    private int _spareCount;
    private int _threadId;
    private long _turnStarted;
    private EpollConnection? _serving;
    private bool _isStopping;
    private bool _isClosed;

    public EpollLoop(int number, SegmentPool pool, EpollListener listener, ILogger logger)
    {
        (Number, _pool, _listener, _logger) = (number, pool, listener, logger);
        _wake = LibC.EventFile(0, LibC.SockNonBlock | LibC.SockCloseOnExec);
        _set.Add(_wake, LibC.EpollIn);
        // Whichever loop is free takes the next connection, and hands it to the one that has the fewest.
        _set.Add(listener.File, LibC.EpollIn | LibC.EpollExclusive);
        _thread = new Thread(Run) { Name = $"epoll {number}", IsBackground = true };
    }

    public int Number { get; }

    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    private bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    public void Start() => _thread.Start();

    /// <summary>Starts to watch a connection; once for its whole life, since edges tell all that changes.</summary>
    public void Add(EpollConnection connection)
    {
        lock (_connectionsGate)
        {
            if (connection.File >= _connections.Length)
            {
                Array.Resize(ref _connections, Math.Max(_connections.Length * 2, connection.File + 1));
            }

            _connections[connection.File] = connection;
            _connectionCount++;
        }

        _set.Add(connection.File, LibC.EpollIn | LibC.EpollOut | LibC.EpollPeerHangUp | LibC.EpollEdge);
    }

    /// <summary>Forgets a connection, before its file is closed and its number can be another's.</summary>
    public void Remove(EpollConnection connection)
    {
        lock (_connectionsGate)
        {
            _connections[connection.File] = null;
            _connectionCount--;
        }
    }

    public void StopListening() => _set.Remove(_listener.File);

    /// <summary>Serves a connection in the next turn.</summary>
    public void Post(EpollConnection connection)
    {
        _posted.Enqueue(connection);
        if (!IsCurrent)
        {
            Wake();
        }
    }

    public Segment TakeSegment(int size = 0)
    {
        if (size > SegmentPool.LargeSize || !IsCurrent || _spareCount == 0)
        {
            return _pool.Rent(size);
        }

        var segment = _spare[--_spareCount]!;
        _spare[_spareCount] = null;
        return segment;
    }

    public Segment TakeSmallSegment() => _pool.RentSmall();

    public void ReturnSegment(Segment segment)
    {
        if (segment.Array.Length == SegmentPool.LargeSize && IsCurrent && _spareCount < MaxSpareSegments)
        {
            segment.Clear();
            _spare[_spareCount++] = segment;
        }
        else
        {
            _pool.Return(segment);
        }
    }

    /// <summary>How long the loop has been busy with one connection, and with which.</summary>
    public (TimeSpan Time, EpollConnection? Connection) Busy() =>
        Volatile.Read(ref _turnStarted) is var started and not 0 ? (Stopwatch.GetElapsedTime(started), Volatile.Read(ref _serving)) : (default, null);

    public void Dispose()
    {
        Volatile.Write(ref _isStopping, true);
        Wake();
        if (!IsCurrent)
        {
            _thread.Join();
        }

        lock (_wakeGate)
        {
            _isClosed = true;
            _ = LibC.Close(_wake);
        }

        _set.Dispose();
    }

    private void Wake()
    {
        // Under the lock, so that the file isn't closed meanwhile, and its number another's.
        lock (_wakeGate)
        {
            if (!_isClosed)
            {
                ulong one = 1;
                _ = LibC.Write(_wake, ref one, sizeof(ulong));
            }
        }
    }

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        while (!Volatile.Read(ref _isStopping))
        {
            var count = _set.Wait(block: _posted.IsEmpty);
            for (var i = 0; i < count; i++)
            {
                var (file, events) = _set[i];
                Handle(file, events);
            }

            ServePosted();
            Volatile.Write(ref _turnStarted, 0);
        }
    }

    private void Handle(int file, uint events)
    {
        if (file == _wake)
        {
            ulong value = 0;
            _ = LibC.Read(_wake, ref value, sizeof(ulong));
        }
        else if (file == _listener.File)
        {
            _listener.AcceptAll();
        }
        else if (Find(file) is { } connection)
        {
            Serve(connection, events);
        }
    }

    // An event may be for a connection that has gone meanwhile, or whose number another has now: then it tells nothing wrong, since
    // who believes that there is something to read finds out that there isn't.
    private EpollConnection? Find(int file)
    {
        var connections = Volatile.Read(ref _connections);
        return file < connections.Length ? connections[file] : null;
    }

    private void ServePosted()
    {
        for (var count = _posted.Count; count > 0 && _posted.TryDequeue(out var connection); count--)
        {
            Serve(connection, LibC.EpollIn);
        }
    }

    private void Serve(EpollConnection connection, uint events)
    {
        Volatile.Write(ref _serving, connection);
        Volatile.Write(ref _turnStarted, Stopwatch.GetTimestamp());
        try
        {
            connection.Ready(events);
        }
#pragma warning disable CA1031 // What goes on here is the application's; one connection's fault must not end the others' loop.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            EpollLog.ContinuationFailed(_logger, exception, connection.ConnectionId);
            connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException("An exception escaped to the transport.", exception));
        }
    }
}
