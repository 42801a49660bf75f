using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>The loop's word that a socket has room may come at any time, also to who is writing.</summary>
public class EpollWriterTests
{
    [Fact]
    public async Task A_segment_is_not_taken_away_from_who_is_writing_into_it()
    {
        var factory = new EpollTransportFactory(Options.Create(new EpollTransportOptions { LoopCount = 1 }), NullLoggerFactory.Instance);
        await using var listener = await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
        await using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var writer = (EpollWriter)connection!.Transport.Output;

        "abc"u8.CopyTo(writer.GetSpan(100));
        writer.Ready();
        writer.Advance(3);
        writer.Ready();
        "def"u8.CopyTo(writer.GetSpan(100));
        writer.Ready();
        writer.Advance(3);
        await writer.FlushAsync(TestContext.Current.CancellationToken);
        await writer.CompleteAsync();

        using var reader = new StreamReader(new NetworkStream(client));
        Assert.Equal("abcdef", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }
}
