using System.Net.Security;
using System.Net.WebSockets;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T1")]
public class TlsTests : IDisposable
{
    private readonly TestCertificate _certificate = new();

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_configured_endpoint_uses_its_certificate(bool isPem)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Secure:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Secure:Certificate:Path"] = isPem ? _certificate.PemPath : _certificate.PfxPath,
            ["Kestrel:Endpoints:Secure:Certificate:KeyPath"] = isPem ? _certificate.KeyPath : null,
            ["Kestrel:Endpoints:Secure:Certificate:Password"] = isPem ? null : TestCertificate.Password,
        };
        await using var host = await TransportHost.StartAsync(configuration: configuration);
        await ConverseAsync(host);
    }

    [Fact]
    public async Task An_address_passed_to_Listen_uses_the_default_certificate()
    {
        await using var host = await TransportHost.StartAsync(["https://127.0.0.1:0"], configuration: _certificate.AsDefault());
        await ConverseAsync(host);
    }

    [Fact]
    public async Task Http_1_1_is_chosen_by_ALPN()
    {
        await using var host = await TransportHost.StartAsync(["https://127.0.0.1:0"], configuration: _certificate.AsDefault());
        using var socket = await host.SocketAsync(host.EndPoint);
        await using var stream = new SslStream(new System.Net.Sockets.NetworkStream(socket));
        var options = _certificate.Trusting();
        options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task Plain_bytes_on_a_TLS_address_hurt_no_other_connection()
    {
        await using var host = await TransportHost.StartAsync(["https://127.0.0.1:0"], configuration: _certificate.AsDefault());
        var plain = await host.ConnectAsync();
        await plain.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await plain.RestAsync();
        await ConverseAsync(host);
    }

    [Fact]
    public async Task Without_a_certificate_the_server_does_not_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TransportHost.StartAsync(configuration: new()
        {
            ["Kestrel:Endpoints:Secure:Url"] = "https://127.0.0.1:0",
        }));
        Assert.Contains("certificate", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Certificates_by_name_are_refused_rather_than_ignored()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TransportHost.StartAsync(configuration: new()
        {
            ["Kestrel:Endpoints:Secure:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Secure:Sni:a.example:Certificate:Path"] = _certificate.PfxPath,
        }));
        Assert.Contains("Kestrel:Endpoints:Secure:Sni", error.Message, StringComparison.Ordinal);
    }

    private async Task ConverseAsync(TransportHost host)
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => _certificate.Is(certificate);
        await socket.ConnectAsync(new Uri($"wss://localhost:{host.Addresses[0].Port}/echo"), CancellationToken.None);
        var message = new byte[100_000];
        Random.Shared.NextBytes(message);
        await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        var echo = new byte[message.Length];
        for (var read = 0; read < echo.Length;)
        {
            read += (await socket.ReceiveAsync(echo.AsMemory(read), CancellationToken.None)).Count;
        }

        Assert.Equal(message, echo);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);

        var client = await host.ConnectTlsAsync(_certificate);
        await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n", piece: 1);
        Assert.EndsWith(" https localhost", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
    }
}
