using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The listener of an endpoint, with the loops that serve its connections.</summary>
internal sealed class EpollListener : IConnectionListener
{
    /// <summary>The limit of the wait for a stopping loop. The application's own shutdown time has passed by then.</summary>
    public static readonly TimeSpan LoopPatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    // Limits consecutive accepts, so that a flood of new connections doesn't starve the loop's existing connections.
    private const int MaxAcceptsInARow = 64;

    // Has two readers: AcceptAsync and the disposal.
    private readonly Channel<EpollConnection> _accepted = Channel.CreateUnbounded<EpollConnection>();
    private readonly Socket _socket;
    private readonly EpollTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AcceptOutage _outage;
    private readonly EpollLoop[] _loops;
    private readonly Timer _watchdog;
    private readonly Lock _acceptGate = new();
    private bool _isUnbound;
    private Task? _disposal;

    public EpollListener(
        EndPoint endpoint, EpollTransportOptions options, SegmentPool pool, TimeProvider time, ILogger logger, AcceptBound? bound = null)
    {
        Bound = bound ?? new AcceptBound();
        (_options, _time, _logger) = (options, time, new GuardedLogger(logger));
        _socket = Bind((IPEndPoint)endpoint, options.Backlog);
        File = (int)_socket.Handle;
        EndPoint = _socket.LocalEndPoint!;
        _loops = CreateLoops(pool);
        _outage = new AcceptOutage(time, Resume);
        foreach (var loop in _loops)
        {
            loop.Start();
        }

        _watchdog = new Timer(static state => ((EpollListener)state!).WarnOfBlockedLoops(), this, WatchInterval, WatchInterval);
    }

    public int File { get; }

    public EndPoint EndPoint { get; }

    /// <summary>The limit that counts the open connections.</summary>
    public AcceptBound Bound { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Accepts waiting connections. The loop that was woken calls it, and calls it again while connections wait.</summary>
    public void AcceptWaiting()
    {
        for (var i = 0; i < MaxAcceptsInARow && TryAccept(out var file, out var remote); i++)
        {
            if (file >= 0)
            {
                Take(file, remote);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_acceptGate)
        {
            if (!_isUnbound)
            {
                _isUnbound = true;
                StopListening();
                _socket.Dispose();
                _accepted.Writer.TryComplete();
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        lock (_acceptGate)
        {
            return new ValueTask(_disposal ??= DisposeOnceAsync());
        }
    }

    /// <summary>Handles a failure to accept a connection or to add it to the epoll set.</summary>
    /// <returns>Whether the next connection can be accepted immediately.</returns>
    public bool AcceptFailed(int error)
    {
        lock (_acceptGate)
        {
            return !_isUnbound && CanGoOn(error);
        }
    }

    private static Socket Bind(IPEndPoint endpoint, int backlog)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(backlog);
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(exception.Message, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPEndPoint Parse(ReadOnlySpan<byte> bytes)
    {
        var address = new SocketAddress(bytes.Length > 16 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, bytes.Length);
        bytes.CopyTo(address.Buffer.Span);
        var any = new IPEndPoint(address.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        return (IPEndPoint)any.Create(address);
    }

    private EpollLoop[] CreateLoops(SegmentPool pool)
    {
        var loops = new List<EpollLoop>();
        try
        {
            while (loops.Count < _options.LoopCount)
            {
                loops.Add(new EpollLoop(loops.Count, pool, this, _logger));
            }

            return [.. loops];
        }
        catch
        {
            loops.ForEach(static loop => loop.Discard());
            _socket.Dispose();
            throw;
        }
    }

    // Removes the listener from the epoll sets: otherwise the connections in the backlog would wake the loops again and again.
    private void StopListening()
    {
        foreach (var loop in _loops)
        {
            loop.StopListening();
        }
    }

    private bool CanGoOn(int error)
    {
        switch (error)
        {
            case LibC.EAGAIN:
                _outage.Over();
                return false;
            case LibC.EINTR or LibC.ECONNABORTED or LibC.EPROTO or LibC.ENOPROTOOPT or LibC.ENONET
                or LibC.ENETDOWN or LibC.ENETUNREACH or LibC.EHOSTDOWN or LibC.EHOSTUNREACH:
                // The peer disconnected while it waited in the backlog.
                return true;
            default:
                // Most likely the process has reached the limit of open files.
                StopListening();
                if (_outage.Begin())
                {
                    EpollLog.AcceptFailed(_logger, EndPoint, Marshal.GetPInvokeErrorMessage(error));
                }

                return false;
        }
    }

    /// <summary>Accepts one connection. Returns false to stop accepting for now; a negative file means that this peer is gone.</summary>
    private bool TryAccept(out int file, out IPEndPoint? remote)
    {
        Span<byte> address = stackalloc byte[SocketAddress.GetMaximumAddressSize(AddressFamily.InterNetworkV6)];
        var length = address.Length;
        (file, remote) = (-1, null);
        lock (_acceptGate)
        {
            // After the listening socket is closed, its descriptor may belong to another file.
            if (_isUnbound || _outage.IsPaused)
            {
                return false;
            }

            if (!Bound.TryEnter(this))
            {
                StopListening();
                return false;
            }

            file = LibC.Accept(File, ref address[0], ref length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
            if (file < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                Bound.Leave();
                return AcceptFailed(error);
            }
        }

        remote = Parse(address[..length]);
        return true;
    }

    /// <summary>Assigns an accepted connection to the loop with the fewest connections.</summary>
    public void Take(int file, IPEndPoint? remote)
    {
        if (_options.NoDelay)
        {
            var on = 1;
            _ = LibC.SetSocketOption(file, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, ref on, sizeof(int));
        }

        var loop = _loops[0];
        foreach (var other in _loops)
        {
            loop = other.ConnectionCount < loop.ConnectionCount ? other : loop;
        }

        var connection = new EpollConnection(file, loop, remote, EndPoint, Bound);
        try
        {
            loop.Add(connection);
        }
        catch (Win32Exception exception)
        {
            // The kernel's limit of watched files is reached: further connections wait in the backlog.
            Discard(connection);
            AcceptFailed(exception.NativeErrorCode);
            return;
        }
        catch (ObjectDisposedException)
        {
            // The loop and its listener have stopped.
            Discard(connection);
            return;
        }

        if (!_accepted.Writer.TryWrite(connection))
        {
            Discard(connection);
        }
    }

    private static void Discard(EpollConnection connection) => _ = connection.DisposeAsync().AsTask();

    /// <summary>Starts to listen again, after an outage or when there is room for more connections.</summary>
    public void Resume()
    {
        lock (_acceptGate)
        {
            // An outage may still be in progress: its end calls this method again.
            if (_isUnbound || _outage.IsPaused)
            {
                return;
            }

            try
            {
                foreach (var loop in _loops)
                {
                    // A loop may still listen after a previous attempt that failed. Adding the listener again notifies the loop again.
                    loop.StopListening();
                    loop.Listen();
                }
            }
            catch (Win32Exception exception)
            {
                AcceptFailed(exception.NativeErrorCode);
            }
        }
    }

    private async Task DisposeOnceAsync()
    {
        await UnbindAsync();
        await _watchdog.DisposeAsync();
        await _outage.DisposeAsync();
        await Task.WhenAll(_loops.Select(loop => loop.StopAsync(_time, LoopPatience)));
        while (_accepted.Reader.TryRead(out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    private void WarnOfBlockedLoops()
    {
        foreach (var loop in _loops)
        {
            var (time, connection) = loop.Busy();
            if (time > _options.BlockedLoopThreshold && connection is not null)
            {
                EpollLog.LoopIsBlocked(_logger, loop.Number, connection.ConnectionId, time.TotalSeconds);
            }
        }
    }
}
