using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// One thread that waits for the sockets of its connections and serves them: what reads from a connection goes on here, until it
/// awaits something that isn't done.
/// </summary>
internal sealed class EpollLoop
{
    private const int MaxSpareSegments = 4;

    // The clients of the clock get its time as often.
    private static readonly TimeSpan s_longestRound = TimeSpan.FromMilliseconds(250);

    // The generation of the loop's own files; connections have others.
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
            _wake = LibC.EventFile(0, LibC.SockNonBlock | LibC.SockCloseOnExec);
            if (_wake < 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            _set.Add(_wake, OwnFile, LibC.EpollIn);
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

    /// <summary>Whether handlers have kept the loop from looking at its sockets for a while.</summary>
    public bool IsHeldUp => Volatile.Read(ref _roundStarted) is var started and not 0 && Stopwatch.GetElapsedTime(started) > s_longestRound;

    private bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    public void Start() => _thread.Start();

    /// <summary>Starts to watch a connection; once for its whole life, since edges tell all that changes.</summary>
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
                LibC.EpollIn | LibC.EpollOut | LibC.EpollUrgent | LibC.EpollPeerHangUp | LibC.EpollEdge);
        }
    }

    /// <summary>Forgets a connection, before its file is closed and its number can be another's.</summary>
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
    /// The connection of an event; null if the connection was closed in the meantime. A new connection with the same file descriptor must not
    /// get the event.
    /// </summary>
    public EpollConnection? Find(int file, int generation)
    {
        var connections = Volatile.Read(ref _connections);
        return file < connections.Length && connections[file] is { } connection && connection.Generation == generation ? connection : null;
    }

    /// <summary>A free loop accepts the next connection, and hands it to the loop with the fewest connections.</summary>
    public void Listen()
    {
        lock (_setGate)
        {
            if (!_isSetClosed)
            {
                _set.Add(_listener.File, OwnFile, LibC.EpollIn | LibC.EpollExclusive);
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

    /// <summary>How long the loop has been busy with one connection, and with which.</summary>
    public (TimeSpan Time, EpollConnection? Connection) Busy() =>
        Volatile.Read(ref _turnStarted) is var started and not 0 ? (Stopwatch.GetElapsedTime(started), Volatile.Read(ref _serving)) : (default, null);

    /// <summary>
    /// Ends the loop after its turn, and with it its connections. A handler that blocks it isn't waited for longer than the limit: what
    /// the thread uses is its own until it ends.
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

    /// <summary>Ends a loop whose thread was never started.</summary>
    public void Discard() => End();

    /// <summary>An exception of the application that must not end the loop or the process.</summary>
    public void EndCallbackFailed(Exception exception, EpollConnection connection) =>
        EpollLog.EndCallbackFailed(_logger, exception, connection.ConnectionId);

    private void Wake()
    {
        // Under the lock, so that the file isn't closed meanwhile, and its number another's.
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
            connection.Abort(new ConnectionAbortedException("An exception reached the transport.", exception));
        }
    }

    /// <summary>Called by the loop's thread, which uses all of this, so that no file is used after it was closed.</summary>
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
        // The next thread may have this one's id.
        _threadId = 0;
        _ended.TrySetResult();
    }
}
