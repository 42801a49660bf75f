using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// An event loop: one thread that waits for the sockets of its connections and serves them. The continuation of a read runs on this
/// thread until it awaits an incomplete task.
/// </summary>
internal sealed class EpollLoop
{
    private const int MaxSpareSegments = 4;

    // A longer round counts as held up. The clock of the connections, which checks for that, ticks at the same interval.
    private static readonly TimeSpan s_longestRound = TimeSpan.FromMilliseconds(250);

    // The generation of the loop's own files. Connections have other generations.
    private const int OwnFile = 0;

    private readonly EpollSet _set = new();
    private readonly ConcurrentQueue<EpollConnection> _posted = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Segment?[] _spare = new Segment?[MaxSpareSegments];
    private readonly SegmentPool _pool;
    private readonly EpollListener _listener;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Lock _setGate = new();
    private readonly Lock _wakeGate = new();
    private readonly int _wake = -1;
    private EpollConnection?[] _connections = new EpollConnection?[64];
    private int _connectionCount;
    private int _generation = OwnFile;
    private int _spareCount;
    private int _threadId;
    private long _turnStarted;
    private long _roundStarted;
    private EpollConnection? _serving;
    private bool _isStopping;
    private bool _isSetClosed;
    private bool _isWakeClosed;

    public EpollLoop(int number, SegmentPool pool, EpollListener listener, ILogger logger)
    {
        (Number, _pool, _listener, _logger) = (number, pool, listener, logger);
        try
        {
            _wake = LibC.EventFile(0, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
            if (_wake < 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            _set.Add(_wake, OwnFile, LibC.EPOLLIN);
            Listen();
        }
        catch
        {
            End();
            throw;
        }

        _thread = new Thread(Run) { Name = $"epoll {number}", IsBackground = true };
    }

    public int Number { get; }

    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>Whether handlers have blocked the loop from polling its sockets for a while.</summary>
    public bool IsHeldUp => Volatile.Read(ref _roundStarted) is var started and not 0 && Stopwatch.GetElapsedTime(started) > s_longestRound;

    private bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    public void Start() => _thread.Start();

    /// <summary>Starts to watch a connection, once for its whole lifetime: edge-triggered events report every change.</summary>
    public void Add(EpollConnection connection)
    {
        lock (_setGate)
        {
            ObjectDisposedException.ThrowIf(_isSetClosed, this);
            if (connection.File >= _connections.Length)
            {
                Array.Resize(ref _connections, Math.Max(_connections.Length * 2, connection.File + 1));
            }

            _generation = _generation == int.MaxValue ? OwnFile + 1 : _generation + 1;
            connection.Generation = _generation;
            _connections[connection.File] = connection;
            _connectionCount++;
            _set.Add(
                connection.File,
                connection.Generation,
                LibC.EPOLLIN | LibC.EPOLLOUT | LibC.EPOLLPRI | LibC.EPOLLRDHUP | LibC.EPOLLET);
        }
    }

    /// <summary>Removes a connection. Must be called before its file descriptor is closed and can be reused.</summary>
    public void Remove(EpollConnection connection)
    {
        lock (_setGate)
        {
            if (connection.File < _connections.Length && _connections[connection.File] == connection)
            {
                _connections[connection.File] = null;
                _connectionCount--;
            }
        }
    }

    /// <summary>
    /// Returns the connection of an event; null if it was removed meanwhile. The generation ensures that a new connection with the same
    /// descriptor doesn't get the event.
    /// </summary>
    public EpollConnection? Find(int file, int generation)
    {
        var connections = Volatile.Read(ref _connections);
        return file < connections.Length && connections[file] is { } connection && connection.Generation == generation ? connection : null;
    }

    /// <summary>
    /// Starts to watch the listener. A free loop accepts the next connection, and assigns it to the loop with the fewest connections.
    /// </summary>
    public void Listen()
    {
        lock (_setGate)
        {
            if (!_isSetClosed)
            {
                _set.Add(_listener.File, OwnFile, LibC.EPOLLIN | LibC.EPOLLEXCLUSIVE);
            }
        }
    }

    public void StopListening()
    {
        lock (_setGate)
        {
            if (!_isSetClosed)
            {
                _set.Remove(_listener.File);
            }
        }
    }

    /// <summary>Queues a connection to be served in the next round.</summary>
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
        if (segment.IsExposed)
        {
            return;
        }

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

    /// <summary>Returns the connection that the loop is serving, and the time it has spent on it.</summary>
    public (TimeSpan Time, EpollConnection? Connection) Busy() =>
        Volatile.Read(ref _turnStarted) is var started and not 0 ? (Stopwatch.GetElapsedTime(started), Volatile.Read(ref _serving)) : (default, null);

    /// <summary>
    /// Stops the loop and its connections after the current round. Waits for a handler that blocks the loop only up to the limit: the
    /// thread owns its resources until it ends.
    /// </summary>
    public async Task StopAsync(TimeProvider time, TimeSpan limit)
    {
        Volatile.Write(ref _isStopping, true);
        Wake();
        try
        {
            await _ended.Task.WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            EpollLog.LoopIsLeftBehind(_logger, Number, Busy().Connection?.ConnectionId, limit.TotalSeconds);
        }
    }

    /// <summary>Releases the resources of a loop whose thread was never started.</summary>
    public void Discard() => End();

    /// <summary>Logs an exception of an application callback, which must not end the loop or the process.</summary>
    public void EndCallbackFailed(Exception exception, EpollConnection connection) =>
        EpollLog.EndCallbackFailed(_logger, exception, connection.ConnectionId);

    private void Wake()
    {
        // Holds the lock, so that the descriptor can't be closed and reused meanwhile.
        lock (_wakeGate)
        {
            if (!_isWakeClosed)
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
            Volatile.Write(ref _roundStarted, Stopwatch.GetTimestamp());
            for (var i = 0; i < count; i++)
            {
                var (file, generation, events) = _set[i];
                if (generation == OwnFile)
                {
                    ServeOwn(file);
                }
                else if (Find(file, generation) is { } connection)
                {
                    Serve(connection, events);
                }
            }

            ServePosted();
            Volatile.Write(ref _turnStarted, 0);
            Volatile.Write(ref _roundStarted, 0);
        }

        End();
    }

    private void ServeOwn(int file)
    {
        if (file == _wake)
        {
            ulong value = 0;
            _ = LibC.Read(_wake, ref value, sizeof(ulong));
            return;
        }

        try
        {
            _listener.AcceptWaiting();
        }
#pragma warning disable CA1031 // An exception that leaves the thread would end the process.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            EpollLog.AcceptingFailed(_logger, exception, _listener.EndPoint);
        }
    }

    private void ServePosted()
    {
        for (var count = _posted.Count; count > 0 && _posted.TryDequeue(out var connection); count--)
        {
            Serve(connection, LibC.EPOLLIN);
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
            connection.Abort(new ConnectionAbortedException("An exception reached the transport.", exception));
        }
    }

    /// <summary>
    /// Aborts the remaining connections and closes the loop's files. The loop's own thread calls it, so that no file is used after it is
    /// closed.
    /// </summary>
    private void End()
    {
        EpollConnection?[] left;
        lock (_setGate)
        {
            _isSetClosed = true;
            left = [.. _connections];
        }

        foreach (var connection in left)
        {
            connection?.Abort(new ConnectionAbortedException("The transport has stopped."));
        }

        lock (_wakeGate)
        {
            _isWakeClosed = true;
            if (_wake >= 0)
            {
                _ = LibC.Close(_wake);
            }
        }

        _set.Close();
        // A later thread may get the same id.
        _threadId = 0;
        _ended.TrySetResult();
    }
}
