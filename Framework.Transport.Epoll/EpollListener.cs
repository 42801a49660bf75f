using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>An endpoint, and the loops that serve its connections.</summary>
internal sealed class EpollListener : IConnectionListener
{
    private static readonly TimeSpan PauseWithoutFiles = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<EpollConnection> _accepted = Channel.CreateUnbounded<EpollConnection>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Socket _socket;
    private readonly EpollTransportOptions _options;
    private readonly ILogger _logger;
    private readonly EpollLoop[] _loops;
    private readonly Timer _watchdog;
    private readonly Lock _acceptGate = new();
    private bool _isUnbound;

    public EpollListener(EndPoint endpoint, EpollTransportOptions options, SegmentPool pool, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        _socket = Bind((IPEndPoint)endpoint, options.Backlog);
        File = (int)_socket.Handle;
        EndPoint = _socket.LocalEndPoint!;
        _loops = [.. Enumerable.Range(0, options.LoopCount).Select(i => new EpollLoop(i, pool, this, logger))];
        foreach (var loop in _loops)
        {
            loop.Start();
        }

        _watchdog = new Timer(static state => ((EpollListener)state!).WarnOfBlockedLoops(), this, WatchInterval, WatchInterval);
    }

    public int File { get; }

    public EndPoint EndPoint { get; }

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

    /// <summary>Takes all connections that wait; called by whichever loop was woken.</summary>
    public void AcceptAll()
    {
        Span<byte> address = stackalloc byte[SocketAddress.GetMaximumAddressSize(AddressFamily.InterNetworkV6)];
        while (true)
        {
            var length = address.Length;
            int file;
            lock (_acceptGate)
            {
                // Once it is closed, its number may be another's.
                if (_isUnbound)
                {
                    return;
                }

                file = LibC.Accept(File, ref address[0], ref length, LibC.SockNonBlock | LibC.SockCloseOnExec);
            }

            if (file >= 0)
            {
                Take(file, Parse(address[..length]));
            }
            else if (!ShouldTryAgain(Marshal.GetLastPInvokeError()))
            {
                return;
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
                foreach (var loop in _loops)
                {
                    loop.StopListening();
                }

                _socket.Dispose();
                _accepted.Writer.TryComplete();
            }
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        await _watchdog.DisposeAsync();
        foreach (var loop in _loops)
        {
            loop.Dispose();
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

    private void Take(int file, EndPoint remote)
    {
        if (_options.NoDelay)
        {
            var on = 1;
            _ = LibC.SetSocketOption(file, LibC.IpProtocolTcp, LibC.TcpNoDelay, ref on, sizeof(int));
        }

        var loop = _loops[0];
        foreach (var other in _loops)
        {
            loop = other.ConnectionCount < loop.ConnectionCount ? other : loop;
        }

        var connection = new EpollConnection(file, loop, remote, EndPoint);
        loop.Add(connection);
        if (!_accepted.Writer.TryWrite(connection))
        {
            _ = connection.DisposeAsync().AsTask();
        }
    }

    private static IPEndPoint Parse(ReadOnlySpan<byte> bytes)
    {
        var address = new SocketAddress(bytes.Length > 16 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, bytes.Length);
        bytes.CopyTo(address.Buffer.Span);
        var any = new IPEndPoint(address.Family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        return (IPEndPoint)any.Create(address);
    }

    private bool ShouldTryAgain(int error)
    {
        switch (error)
        {
            case LibC.Again:
                return false;
            case LibC.TooManyFilesOfProcess or LibC.TooManyFilesOfSystem or LibC.NoBuffers or LibC.NoMemory:
                // The connections wait in the backlog, and the loop would be told of them again and again.
                EpollLog.AcceptFailed(_logger, EndPoint, Marshal.GetPInvokeErrorMessage(error));
                Thread.Sleep(PauseWithoutFiles);
                return false;
            default:
                // The peer has gone while it waited.
                return true;
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
