using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>
/// A connection of a loop that does not run, and its peer. The test acts as the loop and controls what happens between two steps.
/// </summary>
internal sealed class EpollPair : IAsyncDisposable
{
    private const int Peek = 2;

    private readonly EpollListener _listener;
    private bool _isRunning;

    private EpollPair(EpollListener listener, EpollLoop loop, EpollConnection connection, Socket client) =>
        (_listener, Loop, Connection, Client) = (listener, loop, connection, client);

    public EpollLoop Loop { get; }

    public EpollConnection Connection { get; }

    public Socket Client { get; }

    public EpollReader Reader => (EpollReader)Connection.Input;

    public EpollWriter Writer => (EpollWriter)Connection.Output;

    public static async Task<EpollPair> CreateAsync(SegmentPool? pool = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's.");
        pool ??= new SegmentPool();
        var listener = new EpollListener(
            new IPEndPoint(IPAddress.Loopback, 0), new EpollTransportOptions { LoopCount = 1 }, pool, TimeProvider.System, NullLogger.Instance);
        var loop = new EpollLoop(1, pool, listener, NullLogger.Instance);
        loop.StopListening();
        var (file, client) = await ConnectAsync();
        return new EpollPair(listener, loop, new EpollConnection(file, loop, null, null), client);
    }

    /// <summary>Returns the file descriptor of an accepted socket, and its peer.</summary>
    public static async Task<(int File, Socket Client)> ConnectAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!);
        var address = new byte[128];
        var length = address.Length;
        var file = LibC.Accept((int)listener.Handle, ref address[0], ref length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
        Assert.True(file >= 0);
        return (file, client);
    }

    /// <summary>Waits until sent bytes have arrived. The call peeks, so the bytes stay in the socket.</summary>
    public async Task ArrivedAsync(int count) => await ArrivedAsync(Connection.File, count);

    public static async Task ArrivedAsync(int file, int count)
    {
        var buffer = new byte[count];
        await Eventually.TrueAsync(() => LibC.Receive(file, ref buffer[0], count, Peek) == count, "the bytes have arrived");
    }

    /// <summary>Fills the socket until a flush is pending.</summary>
    public (ValueTask<System.IO.Pipelines.FlushResult> Flush, int Written) FillUntilBlocked(CancellationToken cancellationToken = default)
    {
        for (var written = 0; ;)
        {
            Writer.GetSpan(60_000)[..60_000].Fill((byte)'x');
            Writer.Advance(60_000);
            written += 60_000;
            var flush = Writer.FlushAsync(cancellationToken);
            if (!flush.IsCompleted)
            {
                return (flush, written);
            }
        }
    }

    /// <summary>Reads so much, and is the loop meanwhile where the server has still to send it.</summary>
    public async Task<byte[]> ReceiveAsync(int count, uint events = LibC.EPOLLOUT)
    {
        var bytes = new byte[count];
        var received = 0;
        await Eventually.TrueAsync(
            () =>
            {
                do
                {
                    Connection.Ready(events);
                    received += Client.Available > 0 ? Client.Receive(bytes.AsSpan(received)) : 0;
                }
                while (received < count && Client.Available > 0);
                return received == count;
            },
            "all has come");
        return bytes;
    }

    /// <summary>Starts the loop, which serves only queued work: the connection is not in its epoll set.</summary>
    public void StartLoop()
    {
        _isRunning = true;
        Loop.Start();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Connection.Abort(new Microsoft.AspNetCore.Connections.ConnectionAbortedException());
        await Connection.DisposeAsync();
        if (_isRunning)
        {
            await Loop.StopAsync(TimeProvider.System, Patience.Limit);
        }
        else
        {
            Loop.Discard();
        }

        await _listener.DisposeAsync();
    }
}

/// <summary>Clients that wait to be accepted and have sent a secret. One of them should get a file number that was just released.</summary>
internal sealed class Newcomers : IDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];
    private readonly List<int> _files = [];
    private int _taken = -1;

    /// <summary>
    /// Runs a scenario until a newcomer gets the file number that the scenario releases; a concurrent test may take the number first.
    /// Then the newcomer's secret must still be unread.
    /// </summary>
    public static async Task UntilOneHasTheNumberAsync(Func<EpollPair, Newcomers, Task> scenario)
    {
        for (var i = 0; i < 50; i++)
        {
            await using var pair = await EpollPair.CreateAsync();
            using var newcomers = await ComeAsync();
            await scenario(pair, newcomers);
            if (newcomers._taken >= 0)
            {
                newcomers.AssertSecretIsTheirs();
                return;
            }
        }

        Assert.Fail("The number was always taken by somebody else.");
    }

    /// <summary>Accepts clients until one has the number. A concurrent test may have taken it.</summary>
    public void Take(int number)
    {
        var address = new byte[128];
        for (var i = 0; i < _clients.Count && _taken < 0; i++)
        {
            var length = address.Length;
            var file = LibC.Accept((int)_listener.Handle, ref address[0], ref length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
            Assert.True(file >= 0);
            _files.Add(file);
            _taken = file == number ? file : -1;
        }
    }

    public void Dispose()
    {
        _files.ForEach(static file => LibC.Close(file));
        _clients.ForEach(static client => client.Dispose());
        _listener.Dispose();
    }

    private static async Task<Newcomers> ComeAsync()
    {
        var newcomers = new Newcomers();
        newcomers._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        newcomers._listener.Listen(32);
        while (newcomers._clients.Count < 16)
        {
            var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            newcomers._clients.Add(client);
            await client.ConnectAsync(newcomers._listener.LocalEndPoint!);
            await client.SendAsync("secret"u8.ToArray());
        }

        return newcomers;
    }

    private void AssertSecretIsTheirs()
    {
        var buffer = new byte[10];
        var count = LibC.Receive(_taken, ref buffer[0], buffer.Length, 0);
        Assert.Equal("secret", System.Text.Encoding.ASCII.GetString(buffer, 0, (int)Math.Max(0, count)));
    }
}
