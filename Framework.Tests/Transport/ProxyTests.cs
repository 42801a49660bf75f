using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T4")]
public class ProxyTests
{
    private const string V1 = "PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";
    private const string V2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xCB\0\x71\x07\x7F\0\0\x01\x12\x67\0\x50";

    [Fact]
    public async Task The_values_of_a_known_proxy_become_the_requests()
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopback);
        Assert.Equal("203.0.113.7:0 https app.example", await WhoAsync(host, "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example"));
        Assert.Equal("203.0.113.7:99 http localhost", await WhoAsync(host, "Forwarded: for=198.51.100.2, for=\"203.0.113.7:99\""));
        Assert.Equal(" http localhost", await WhoAsync(host, "Forwarded: for=unknown"));
        Assert.StartsWith("127.0.0.1:", await WhoAsync(host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_values_of_an_unknown_proxy_do_not()
    {
        await using var host = await TransportHost.StartAsync(options: options => options.KnownProxies.Add(IPNetwork.Parse("192.0.2.0/24")));
        var who = await WhoAsync(host, "X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: app.example", "Forwarded: for=203.0.113.7");
        Assert.StartsWith("127.0.0.1:", who, StringComparison.Ordinal);
        Assert.EndsWith(" http localhost", who, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Malformed_headers_are_ignored_and_logged_at_Debug()
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopback);
        var who = await WhoAsync(host, "X-Forwarded-For: 203.0.113.7.", "X-Forwarded-Proto: https");
        Assert.StartsWith("127.0.0.1:", who, StringComparison.Ordinal);
        Assert.EndsWith(" http localhost", who, StringComparison.Ordinal);
        Assert.Contains(host.Logs.Entries, entry => entry is { Id: 17, Level: LogLevel.Debug });
    }

    [Fact]
    public async Task Origin_and_AllowedHosts_are_compared_with_the_forwarded_host()
    {
        await using var host = await TransportHost.StartAsync(options: options =>
        {
            KnowLoopback(options);
            options.AllowedHosts.Add("app.example");
        });
        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo", "Origin: https://app.example\r\nX-Forwarded-Host: app.example\r\nX-Forwarded-Proto: https\r\n");
        var other = await host.ConnectAsync();
        await other.SendAsync(TestClient.Upgrade("/echo", "Origin: https://evil.example\r\nX-Forwarded-Host: app.example\r\n"));
        Assert.Equal(403, (await other.ResponseAsync()).Status);
    }

    [Fact]
    public async Task A_peer_on_a_Unix_socket_is_a_known_proxy_if_any_proxy_is_known()
    {
        var folder = Directory.CreateTempSubdirectory("ux").FullName;
        var path = Path.Combine(folder, "s");
        await using (var host = await TransportHost.StartAsync([$"http://unix:{path}"], options: KnowLoopback))
        {
            var client = await host.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
            await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
            Assert.Equal("203.0.113.7:0 http localhost", (await client.ResponseAsync()).Body);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(V1, 1)]
    [InlineData(V1, 1000)]
    [InlineData(V2, 1)]
    [InlineData(V2, 1000)]
    public async Task A_PROXY_header_sets_the_remote_endpoint(string header, int piece)
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader);
        var client = await host.ConnectAsync();
        await client.SendAsync(header + "GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n", piece);
        Assert.Equal("203.0.113.7:4711 http localhost", (await client.ResponseAsync()).Body);
        await client.OpenAsync("/echo");
        await client.TextAsync("on");
        Assert.Equal("on", await client.TextAsync());
    }

    [Fact]
    public async Task The_PROXY_header_precedes_TLS()
    {
        using var certificate = new TestCertificate();
        await using var host = await TransportHost.StartAsync(["https://127.0.0.1:0"], configuration: certificate.AsDefault(), options: KnowLoopbackByHeader);
        var client = await host.ConnectTlsAsync(certificate, V2);
        await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal("203.0.113.7:4711 https localhost", (await client.ResponseAsync()).Body);
    }

    [Fact]
    public async Task Forwarded_headers_of_a_client_behind_a_PROXY_header_are_ignored()
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader);
        var client = await host.ConnectAsync();
        await client.SendAsync(V1 + "GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.2\r\n\r\n");
        Assert.Equal("203.0.113.7:4711 http localhost", (await client.ResponseAsync()).Body);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN 203.0.113.7 127.0.0.1 4711 80\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0C\xCB\0\x71\x07\x7F\0\0\x01\x12\x67\0\x50")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x21\0\0\0")]
    public async Task Headers_after_a_header_without_an_address_belong_to_the_client(string header)
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader);
        foreach (var fields in (string[])["X-Forwarded-For: 198.51.100.2\r\nX-Forwarded-Proto: https", "Forwarded: for=198.51.100.2;proto=https;host=evil.example", "X-Forwarded-Host: evil.example"])
        {
            var client = await host.ConnectAsync();
            await client.SendAsync($"{header}GET /who HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n\r\n");

            var who = (await client.ResponseAsync()).Body;
            Assert.StartsWith("127.0.0.1:", who, StringComparison.Ordinal);
            Assert.EndsWith(" http localhost", who, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Forwarded_headers_behind_a_PROXY_header_that_names_a_known_proxy_are_used()
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader);
        var client = await host.ConnectAsync();
        await client.SendAsync("PROXY TCP4 127.0.0.9 127.0.0.1 4711 80\r\nGET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.2\r\n\r\n");
        Assert.Equal("198.51.100.2:0 http localhost", (await client.ResponseAsync()).Body);
    }

    [Fact]
    public async Task A_header_without_an_address_is_respected_behind_TLS()
    {
        using var certificate = new TestCertificate();
        await using var host = await TransportHost.StartAsync(["https://127.0.0.1:0"], configuration: certificate.AsDefault(), options: KnowLoopbackByHeader);
        var client = await host.ConnectTlsAsync(certificate, "PROXY UNKNOWN\r\n");
        await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.2\r\n\r\n");
        Assert.StartsWith("127.0.0.1:", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 127.0.0.1 4711\r\n")]
    public async Task A_known_proxy_without_a_valid_header_is_closed_without_a_response(string bytes)
    {
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader);
        var client = await host.ConnectAsync();
        await client.SendAsync(bytes);
        Assert.Equal("", await client.RestAsync());
        Assert.Contains(host.Logs.AboveDebug, entry => entry.Id == 18);
    }

    [Fact]
    public async Task A_header_that_does_not_arrive_in_time_ends_the_connection()
    {
        var time = new FakeTimeProvider();
        await using var host = await TransportHost.StartAsync(options: KnowLoopbackByHeader, time: time);
        var client = await host.ConnectAsync();
        await client.SendAsync("PROXY TCP4 ");
        var rest = client.RestAsync();
        await Eventually.TrueAsync(() => host.Engine.Connections.Count == 1, "it is counted");
        await time.AdvanceUntilAsync(rest);
        Assert.Equal("", await rest);
    }

    [Fact]
    public async Task A_header_of_an_unknown_proxy_is_a_malformed_request()
    {
        await using var host = await TransportHost.StartAsync(options: options =>
        {
            options.ProxyProtocol = true;
            options.KnownProxies.Add(IPNetwork.Parse("192.0.2.0/24"));
        });
        var client = await host.ConnectAsync();
        await client.SendAsync(V1);
        Assert.Equal(400, (await client.ResponseAsync()).Status);
    }

    private static void KnowLoopback(UpgradeOptions options) => options.KnownProxies.Add(IPNetwork.Parse("127.0.0.0/8"));

    private static void KnowLoopbackByHeader(UpgradeOptions options)
    {
        KnowLoopback(options);
        options.ProxyProtocol = true;
    }

    private static async Task<string> WhoAsync(TransportHost host, params string[] fields)
    {
        var client = await host.ConnectAsync();
        await client.SendAsync($"GET /who HTTP/1.1\r\nHost: localhost\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");
        return (await client.ResponseAsync()).Body;
    }
}
