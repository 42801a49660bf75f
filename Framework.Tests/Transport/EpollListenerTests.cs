#pragma warning disable CA2012 // These tests are the awaiter: they test inline continuations.
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

public sealed class EpollListenerTests : IAsyncDisposable
{
    private const int NoFilesLeft = 24;
    private const int NoSpaceLeft = 28;

    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogs _logs = new();
    private readonly EpollListener _listener;

    public EpollListenerTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's.");
        _listener = new EpollListener(
            new IPEndPoint(IPAddress.Loopback, 0),
            new EpollTransportOptions { LoopCount = 2 },
            new SegmentPool(),
            _time,
            _logs.CreateLogger("epoll"));
    }

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    [Theory]
    [InlineData(NoFilesLeft)]
    [InlineData(NoSpaceLeft)]
    public async Task When_accept_fails_the_loops_continue_and_one_line_is_logged(int error)
    {
        var (established, peer) = await AcceptAsync();
        using var _ = peer;
        for (var i = 0; i < 20; i++)
        {
            Assert.False(_listener.AcceptFailed(error));
            _time.Advance(AcceptOutage.Pause / 2);
        }

        using var waiting = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await waiting.ConnectAsync(_listener.EndPoint, TestEnd);
        var accepted = _listener.AcceptAsync(TestEnd).AsTask();

        // The loops continue to serve connections.
        await peer.SendAsync("abc"u8.ToArray(), TestEnd);
        Assert.Equal(3, (await established.Transport.Input.ReadAsync(TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd)).Buffer.Length);
        Assert.False(accepted.IsCompleted);

        _time.Advance(AcceptOutage.Pause);
        var late = await accepted.WaitAsync(Patience.Limit, TestEnd);
        Assert.Single(_logs.AboveDebug, entry => entry.Id == 401);
        await late!.DisposeAsync();
        await established.DisposeAsync();
    }

    [Fact]
    public async Task Another_outage_is_logged_again_but_not_immediately()
    {
        _listener.AcceptFailed(NoFilesLeft);
        await OverAsync();
        _listener.AcceptFailed(NoFilesLeft);
        await OverAsync();
        Assert.Single(_logs.AboveDebug, entry => entry.Id == 401);
        _time.Advance(TimeSpan.FromSeconds(11));
        _listener.AcceptFailed(NoFilesLeft);
        Assert.Equal(2, _logs.AboveDebug.Count(entry => entry.Id == 401));

        async Task OverAsync()
        {
            _time.Advance(AcceptOutage.Pause);
            var (connection, peer) = await AcceptAsync();
            peer.Dispose();
            await connection.DisposeAsync();
            _listener.AcceptFailed(LibC.EAGAIN);
        }
    }

    // epoll cannot watch a regular file: epoll_ctl fails, as it does at fs.epoll.max_user_watches.
    [Fact]
    public async Task A_connection_that_epoll_cannot_watch_is_closed_and_the_listener_continues()
    {
        var file = File.OpenHandle(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
        var number = (int)file.DangerousGetHandle();
        file.SetHandleAsInvalid();
        _listener.Take(number, null);
        Assert.Single(_logs.AboveDebug, entry => entry.Id == 401);

        _time.Advance(AcceptOutage.Pause);
        var (connection, peer) = await AcceptAsync();
        using (peer)
        {
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_loop_that_has_ended_accepts_no_connection_and_ends_its_connections()
    {
        var (connection, peer) = await AcceptAsync();
        using var _ = peer;
        var read = connection.Transport.Input.ReadAsync(TestEnd).AsTask();
        var (file, late) = await EpollPair.ConnectAsync();
        using (late)
        {
            await _listener.DisposeAsync();
            _listener.Take(file, null);
            Assert.Equal(0, await late.ReceiveAsync(new byte[1], TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd));
        }

        await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.SoonAsync());
        await connection.DisposeAsync();
        Assert.Empty(_logs.AboveDebug);
    }

    [Fact]
    public async Task The_listener_may_be_disposed_twice_and_concurrently()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _listener.DisposeAsync().AsTask())));
        await _listener.DisposeAsync();
        Assert.Null(await _listener.AcceptAsync(TestEnd));
    }

    [Fact]
    public async Task A_handler_that_blocks_its_loop_does_not_delay_disposal_and_can_still_use_its_connection()
    {
        using var release = new ManualResetEventSlim();
        var (connection, peer) = await AcceptAsync();
        using var _ = peer;
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = connection.Transport.Input.ReadAsync(TestEnd);
        read.GetAwaiter().UnsafeOnCompleted(() =>
        {
            blocked.SetResult();
            release.Wait(Patience.Limit);

            // The loop that serves the connection still exists.
            connection.Transport.Input.AdvanceTo(read.GetAwaiter().GetResult().Buffer.End);
            connection.Transport.Output.GetSpan(3)[..3].Fill((byte)'x');
            connection.Transport.Output.Advance(3);
            goesOn.SetResult();
        });
        await peer.SendAsync("abc"u8.ToArray(), TestEnd);
        await blocked.Task.SoonAsync();

        var disposal = _listener.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        await _time.AdvanceUntilAsync(disposal);
        Assert.Single(_logs.AboveDebug, entry => entry.Id == 405);

        release.Set();
        await goesOn.Task.SoonAsync();
        await Eventually.TrueAsync(() => connection.ConnectionClosed.IsCancellationRequested, "the loop has ended its connections");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task An_event_of_an_earlier_file_does_not_reach_the_connection_that_reuses_its_number()
    {
        await using var pair = await EpollPair.CreateAsync();
        var connection = pair.Connection;
        pair.Loop.Add(connection);
        var earlier = connection.Generation;
        Assert.Same(connection, pair.Loop.Find(connection.File, earlier));
        pair.Loop.Remove(connection);
        Assert.Null(pair.Loop.Find(connection.File, earlier));

        var number = connection.File;
        using var later = new LaterConnection(number, pair.Loop);
        Assert.Null(pair.Loop.Find(number, earlier));
        Assert.Same(later.Connection, pair.Loop.Find(number, later.Connection.Generation));
    }

    // The token is the only signal for a handler that neither reads nor writes, as on Kestrel's sockets.
    [Theory]
    [InlineData("fin")]
    [InlineData("close")]
    [InlineData("reset")]
    public async Task The_end_of_a_peer_cancels_the_token_without_a_reader(string how)
    {
        var (connection, peer) = await AcceptAsync();
        using var _ = peer;
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(closed.SetResult);
        await peer.SendAsync("abc"u8.ToArray(), TestEnd);
        Assert.Equal(3, (await connection.Transport.Input.ReadAsync(TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd)).Buffer.Length);
        Assert.False(closed.Task.IsCompleted);
        switch (how)
        {
            case "fin":
                peer.Shutdown(SocketShutdown.Send);
                break;
            case "close":
                peer.Close();
                break;
            default:
                peer.Close(timeout: 0);
                break;
        }

        await closed.Task.SoonAsync();
        await connection.DisposeAsync();
    }

    // With a FIN, a response that is delimited by the end of the connection would look complete.
    [Fact]
    public async Task An_abort_resets_the_connection()
    {
        var (connection, peer) = await AcceptAsync();
        using var _ = peer;
        await connection.Transport.Output.WriteAsync("half"u8.ToArray(), TestEnd);
        Assert.Equal(4, await peer.ReceiveAsync(new byte[10], TestEnd));
        connection.Abort();
        var exception = await Assert.ThrowsAsync<SocketException>(
            () => peer.ReceiveAsync(new byte[10], TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        await connection.DisposeAsync();
    }

    // The listener logs on its own threads and on timers, where an exception would end the process.
    [Fact]
    public async Task An_exception_of_the_log_is_contained()
    {
        using var loggers = new ThrowingLoggers();
        var factory = new EpollTransportFactory(
            Microsoft.Extensions.Options.Options.Create(new EpollTransportOptions { LoopCount = 1 }), loggers, _time);
        await using var listener = (EpollListener)await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestEnd);
        Assert.False(listener.AcceptFailed(NoFilesLeft));
        Assert.Equal(1, loggers.Count);
    }

    [Fact]
    public async Task An_exception_of_an_end_callback_is_logged()
    {
        var (connection, peer) = await AcceptAsync();
        using var _ = peer;
        connection.ConnectionClosed.Register(() => throw new InvalidOperationException("As the test wants it."));
        connection.Abort();
        await Eventually.TrueAsync(() => _logs.AboveDebug.Any(entry => entry.Id == 406), "it is logged");
        await connection.DisposeAsync();
    }

    // The process has file descriptors for this many connections, and aborts at one more.
    [Fact, Trait("rule", "T2")]
    public async Task Connections_over_the_bound_wait_in_the_backlog_of_each_endpoint_until_others_have_ended()
    {
        using var loggers = new LoggerFactory();
        var factory = new EpollTransportFactory(
            Microsoft.Extensions.Options.Options.Create(new EpollTransportOptions { LoopCount = 2 }), loggers, _time);
        Assert.IsAssignableFrom<IBoundedTransport>(factory).MaxOpenConnections = 2;
        await using var one = (EpollListener)await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestEnd);
        await using var other = (EpollListener)await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestEnd);
        var (first, firstPeer) = await AcceptAsync(one);
        var (second, secondPeer) = await AcceptAsync(other);
        using var peers = new SocketPeers(firstPeer, secondPeer);
        Task<ConnectionContext?>[] waiting = [one.AcceptAsync(TestEnd).AsTask(), other.AcceptAsync(TestEnd).AsTask()];
        peers.Add(await ConnectAsync(one));
        peers.Add(await ConnectAsync(other));
        await Eventually.TrueAsync(() => one.Bound.Waiting == 2, "both endpoints have found no room");
        Assert.All(waiting, static accepted => Assert.False(accepted.IsCompleted));

        await first.DisposeAsync();
        var third = await (await Task.WhenAny(waiting).WaitAsync(Patience.Limit, TestEnd));
        Assert.Equal(1, waiting.Count(static accepted => !accepted.IsCompleted));
        await second.DisposeAsync();
        var rest = await Task.WhenAll(waiting).WaitAsync(Patience.Limit, TestEnd);

        Assert.Contains(third, rest);
        foreach (var connection in rest)
        {
            await connection!.DisposeAsync();
        }
    }

    private Task<(ConnectionContext Connection, Socket Peer)> AcceptAsync() => AcceptAsync(_listener);

    private static async Task<Socket> ConnectAsync(EpollListener listener)
    {
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.EndPoint, TestEnd);
        return peer;
    }

    private static async Task<(ConnectionContext Connection, Socket Peer)> AcceptAsync(EpollListener listener)
    {
        var peer = await ConnectAsync(listener);
        return ((await listener.AcceptAsync(TestEnd).AsTask().WaitAsync(Patience.Limit, TestEnd))!, peer);
    }

    private sealed class SocketPeers(params IEnumerable<Socket> peers) : IDisposable
    {
        private readonly List<Socket> _peers = [.. peers];

        public void Add(Socket peer) => _peers.Add(peer);

        public void Dispose() => _peers.ForEach(static peer => peer.Dispose());
    }

    private sealed class ThrowingLoggers : ILoggerFactory, ILogger
    {
        public int Count { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Count++;
            throw new IOException("The log's disk is full.");
        }

        public void Dispose()
        {
        }
    }

    /// <summary>A connection that reuses the file number of a removed connection.</summary>
    private sealed class LaterConnection : IDisposable
    {
        private readonly EpollLoop _loop;

        public LaterConnection(int number, EpollLoop loop)
        {
            _loop = loop;
            Connection = new EpollConnection(number, loop, null, null);
            // The epoll set already contains the number. Only the loop's own lookup matters here.
            Assert.Throws<System.ComponentModel.Win32Exception>(() => loop.Add(Connection));
        }

        public EpollConnection Connection { get; }

        public void Dispose() => _loop.Remove(Connection);
    }
}
