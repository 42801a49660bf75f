using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>Tests of the end of connections on sockets. The clock does not advance: no end depends on a timeout.</summary>
[Trait("rule", "W8")]
public class ConnectionEndOnSocketsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_peer_that_has_sent_its_whole_request_does_not_wait(bool onEpoll)
    {
        await using var host = await StartAsync(onEpoll);
        foreach (var (request, status) in new[]
        {
            ("GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
            ("GET /who HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n", 400),
            ("GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            (TestClient.Upgrade("/refused"), 401),
        })
        {
            var client = await host.ConnectAsync();
            await client.SendAsync(request);
            Assert.Equal(status, (await client.ResponseAsync()).Status);
            await client.EndAsync();
        }
    }

    [Fact]
    public async Task On_epoll_the_end_comes_with_the_answer_despite_unread_data()
    {
        await using var host = await StartAsync(onEpoll: true);
        var client = await host.ConnectAsync();
        await client.SendAsync("POST /who HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await client.ResponseAsync()).Status);
        await client.EndAsync();
        var socket = await host.ConnectAsync();
        await socket.OpenAsync("/echo");
        await socket.SendAsync(ClientFrames.Frame(3, "?"u8));
        Assert.Equal(1002, (await socket.UntilCloseAsync()).Code);
        await socket.EndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_Close_of_the_client_ends_a_failed_WebSocket(bool onEpoll)
    {
        await using var host = await StartAsync(onEpoll);
        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo");
        await client.SendAsync(ClientFrames.Frame(3, "?"u8));
        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync(1002);
        await client.EndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_TLS_the_end_is_sent_immediately(bool onEpoll)
    {
        using var certificate = new TestCertificate();
        await using var host = await StartAsync(onEpoll, certificate);
        var client = await host.ConnectTlsAsync(certificate);
        await client.SendAsync("POST /who HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n");
        Assert.Equal(413, (await client.ResponseAsync()).Status);
        await client.EndAsync();

        // The server still reads from the connection.
        await client.SendAsync(new byte[100_000]);
        var socket = await host.ConnectTlsAsync(certificate);
        await socket.OpenAsync("/echo");
        await socket.SendAsync(ClientFrames.Frame(3, "?"u8));
        Assert.Equal(1002, (await socket.UntilCloseAsync()).Code);
        await socket.EndAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_outlives_an_unread_body(bool onEpoll)
    {
        await using var host = await StartAsync(onEpoll);
        var socket = await host.SocketAsync(host.EndPoint);
        using var reader = new StreamReader(new NetworkStream(socket));
        const int Size = 32 * 1024 * 1024;
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /who HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Size}\r\n\r\n"));
        var piece = new byte[64 * 1024];
        for (var sent = 0; sent < Size; sent += piece.Length)
        {
            await socket.SendAsync(piece);
        }

        socket.Shutdown(SocketShutdown.Send);
        var answer = await reader.ReadToEndAsync().WaitAsync(Patience.Limit);
        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.EndsWith("send it after the upgrade.\n", answer, StringComparison.Ordinal);
    }

    private static Task<TransportHost> StartAsync(bool onEpoll, TestCertificate? certificate = null)
    {
        if (onEpoll)
        {
            TransportHost.UseEpoll();
        }

        var refusing = new TestLife { Upgrading = _ => new(UpgradeResult.Refuse(401, "Who are you?")) };
        return TransportHost.StartAsync(
            certificate is null ? null : ["https://127.0.0.1:0"],
            builder => builder.AddProtocol(TestProtocol.Raw(refusing, TestProtocol.Echo, "/refused")),
            certificate?.AsDefault(),
            time: new FakeTimeProvider());
    }
}
