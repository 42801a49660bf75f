using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

public sealed class EpollWriterTests : IAsyncLifetime
{
    private readonly Socket _client = new(SocketType.Stream, ProtocolType.Tcp);
    private IConnectionListener? _listener;
    private ConnectionContext? _connection;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private EpollWriter Writer => (EpollWriter)_connection!.Transport.Output;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's.");
        var factory = new EpollTransportFactory(Options.Create(new EpollTransportOptions { LoopCount = 1 }), NullLoggerFactory.Instance, TimeProvider.System);
        _listener = await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestEnd);
        await _client.ConnectAsync(_listener.EndPoint, TestEnd);
        _connection = await _listener.AcceptAsync(TestEnd);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }

    // The loop may signal at any time that a socket has room, even while the caller writes.
    [Fact]
    public async Task A_segment_is_not_released_while_the_caller_writes_into_it()
    {
        "abc"u8.CopyTo(Writer.GetSpan(100));
        Writer.Ready();
        Writer.Advance(3);
        Writer.Ready();
        "def"u8.CopyTo(Writer.GetSpan(100));
        Writer.Ready();
        Writer.Advance(3);
        await Writer.FlushAsync(TestEnd);
        await Writer.CompleteAsync();

        Assert.Equal("abcdef", await ReadToEndAsync());
    }

    [Fact]
    public async Task Bytes_of_one_flush_are_sent_in_one_piece()
    {
        var before = PiecesReceived();
        foreach (var size in (int[])[1000, 1500, 30_000])
        {
            Writer.GetSpan(size)[..size].Fill((byte)'x');
            Writer.Advance(size);
        }

        await Writer.FlushAsync(TestEnd);

        var received = new byte[32_500];
        await new NetworkStream(_client).ReadExactlyAsync(received, TestEnd);
        Assert.All(received, static b => Assert.Equal((byte)'x', b));
        Assert.Equal(before + 1, PiecesReceived());
    }

    [Fact]
    public async Task A_flush_that_is_cancelled_loses_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        var (flush, written) = Fill(cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush.AsTask());
        await AssertAllArrivesAsync(written);
    }

    [Fact]
    public async Task A_pending_flush_can_be_cancelled_and_loses_nothing()
    {
        var (flush, written) = Fill(TestEnd);

        Writer.CancelPendingFlush();

        Assert.True((await flush).IsCanceled);
        await AssertAllArrivesAsync(written);
    }

    [Fact]
    public async Task Without_a_pending_flush_the_next_flush_is_cancelled()
    {
        Writer.CancelPendingFlush();
        "abc"u8.CopyTo(Writer.GetSpan(3));
        Writer.Advance(3);

        Assert.True((await Writer.FlushAsync(TestEnd)).IsCanceled);
        Assert.False((await Writer.FlushAsync(TestEnd)).IsCanceled);
        await Writer.CompleteAsync();
        Assert.Equal("abc", await ReadToEndAsync());
    }

    // The kernel's count of received segments with data: tcp_info.tcpi_data_segs_in.
    private uint PiecesReceived()
    {
        const int Tcp = 6;
        const int Info = 11;
        const int DataSegmentsIn = 152;
        var info = new byte[256];
        Assert.True(_client.GetRawSocketOption(Tcp, Info, info) >= DataSegmentsIn + sizeof(uint));
        return BitConverter.ToUInt32(info, DataSegmentsIn);
    }

    // Writes until the socket has no room, because the peer does not read.
    private (ValueTask<FlushResult> Flush, int Written) Fill(CancellationToken cancellationToken)
    {
        for (var written = 0; ;)
        {
            var span = Writer.GetSpan(10_000)[..10_000];
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (byte)('a' + ((written + i) % 26));
            }

            Writer.Advance(span.Length);
            written += span.Length;
            var flush = Writer.FlushAsync(cancellationToken);
            if (!flush.IsCompleted)
            {
                return (flush, written);
            }
        }
    }

    private async Task AssertAllArrivesAsync(int written)
    {
        "end"u8.CopyTo(Writer.GetSpan(3));
        Writer.Advance(3);
        await Writer.CompleteAsync();

        var text = await ReadToEndAsync();

        Assert.Equal(written + 3, text.Length);
        Assert.EndsWith("end", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Enumerable.Range(0, written), i => text[i] != 'a' + (i % 26));
    }

    private async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(new NetworkStream(_client));
        return await reader.ReadToEndAsync(TestEnd).WaitAsync(Patience.Limit, TestEnd);
    }
}
