using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Negotiation;

public class OriginTests
{
    [Theory, Trait("rule", "S7")]
    [InlineData("app.example", "http://app.example", true)]
    [InlineData("app.example", "https://app.example", true)]
    [InlineData("app.example:80", "http://app.example", true)]
    [InlineData("app.example", "http://app.example:80", true)]
    [InlineData("app.example:443", "https://app.example", true)]
    [InlineData("APP.example", "http://app.EXAMPLE", true)]
    [InlineData("app.example:8080", "http://app.example:8080", true)]
    [InlineData("[::1]", "http://[::1]", true)]
    [InlineData("[::1]:5080", "http://[::1]:5080", true)]
    [InlineData("app.example:8080", "http://app.example", false)]
    [InlineData("app.example", "http://app.example:8080", false)]
    [InlineData("app.example:80", "https://app.example", false)]
    [InlineData("app.example", "http://evil.example", false)]
    [InlineData("app.example", "http://app.example.evil.example", false)]
    [InlineData("app.example", "http://evilapp.example", false)]
    [InlineData("app.example", "null", false)]
    [InlineData("app.example", "app.example", false)]
    [InlineData("app.example", "http://app.example/", false)]
    [InlineData("app.example", "http://user@app.example", false)]
    [InlineData("[::1]:5080", "http://[::2]:5080", false)]
    public Task A_page_of_the_same_origin_may_connect_and_a_foreign_page_may_not(string host, string origin, bool isAllowed) =>
        DecidesAsync(host, origin, isAllowed);

    [Theory, Trait("rule", "S7")]
    [InlineData(false, "http://app.example", true)]
    [InlineData(false, "https://app.example", false)]
    [InlineData(true, "https://app.example", true)]
    [InlineData(true, "http://app.example", false)]
    public Task The_scheme_is_compared_if_the_option_is_set(bool isTls, string origin, bool isAllowed) =>
        DecidesAsync("app.example", origin, isAllowed, options => options.CompareOriginScheme = true, isTls: isTls);

    [Theory, Trait("rule", "S7")]
    [InlineData("https://app.example", "https://app.example", true)]
    [InlineData("https://app.example", "https://app.example:443", true)]
    [InlineData("https://app.example", "http://app.example", false)]
    [InlineData("https://app.example", "https://app.example:8443", false)]
    [InlineData("https://app.example", "https://sub.app.example", false)]
    [InlineData("https://*.app.example", "https://sub.app.example", true)]
    [InlineData("https://*.app.example", "https://a.b.app.example", true)]
    [InlineData("https://*.app.example", "https://app.example", false)]
    [InlineData("https://*.app.example", "https://evilapp.example", false)]
    [InlineData("https://*.app.example:8443", "https://sub.app.example:8443", true)]
    [InlineData("https://*.app.example:8443", "https://sub.app.example", false)]
    [InlineData("*", "https://anything.example", true)]
    [InlineData("*", "null", true)]
    [InlineData("chrome-extension://abc", "chrome-extension://abc", true)]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example", true)]
    [InlineData("https://BÜCHER.example", "https://xn--bcher-kva.example", true)]
    [InlineData("https://*.bücher.example", "https://shop.xn--bcher-kva.example", true)]
    [InlineData("https://*.bücher.example", "https://xn--bcher-kva.example", false)]
    [InlineData("https://XN--BCHER-KVA.example:443", "https://xn--bcher-kva.example", true)]
    [InlineData("https://straße.example", "https://xn--strae-oqa.example", true)]
    [InlineData("HTTPS://App.Example", "https://app.example", true)]
    [InlineData("https://app.example.", "https://app.example", true)]
    [InlineData("https://app.example", "https://app.example.", true)]
    [InlineData("https://*.app.example.", "https://sub.app.example", true)]
    [InlineData("https://app.example:443", "https://app.example", true)]
    [InlineData("http://app.example:80", "http://app.example", true)]
    [InlineData("https://[0:0:0:0:0:0:0:1]:8443", "https://[::1]:8443", true)]
    [InlineData("https://[2001:DB8::1]", "https://[2001:db8::1]", true)]
    [InlineData("https://[::1]", "https://[::2]", false)]
    [InlineData("https://127.0.0.1", "https://127.0.0.1", true)]
    public async Task Allowed_origins_may_connect_by_the_servers_option_and_by_the_protocols(string allowed, string origin, bool isAllowed)
    {
        await DecidesAsync("server.example", origin, isAllowed, options => options.AllowedOrigins.Add(allowed));
        await DecidesAsync("server.example", origin, isAllowed, ofProtocol: [allowed]);
    }

    [Fact, Trait("rule", "S7")]
    public async Task The_protocols_option_replaces_the_servers_option()
    {
        await DecidesAsync("server.example", "https://app.example", false, options => options.AllowedOrigins.Add("*"), []);
        await DecidesAsync("server.example", "https://server.example", true, options => options.AllowedOrigins.Add("*"), []);
    }

    [Fact, Trait("rule", "S7")]
    public Task A_client_without_an_origin_may_connect() => DecidesAsync("app.example", null, true);

    [Theory, Trait("rule", "S7")]
    [InlineData("app.example", true)]
    [InlineData("app.example:8080", true)]
    [InlineData("APP.EXAMPLE", true)]
    [InlineData("sub.wild.example", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("[0:0:0:0:0:0:0:1]", true)]
    [InlineData("app.example.", true)]
    [InlineData("xn--bcher-kva.example:8080", true)]
    [InlineData("shop.xn--bcher-kva.example", true)]
    [InlineData("xn--bcher-kvb.example", false)]
    [InlineData("wild.example", false)]
    [InlineData("evil.example", false)]
    [InlineData("app.example.evil.example", false)]
    public async Task Disallowed_hosts_are_refused_for_upgrades_and_for_ordinary_requests(string host, bool isAllowed)
    {
        await using var server = Server(options =>
        {
            foreach (var allowed in new[] { "App.example", "*.wild.example", "[::1]", "bücher.example", "*.Bücher.example." })
            {
                options.AllowedHosts.Add(allowed);
            }
        });
        var upgrading = server.Connect();
        await upgrading.SendAsync(Request(host, null));
        var ordinary = server.Connect();
        await ordinary.SendAsync($"GET /regular HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(isAllowed ? 101 : 400, (await upgrading.ResponseAsync()).Status);
        var response = await ordinary.ResponseAsync();
        Assert.Equal(isAllowed ? 200 : 400, response.Status);
        Assert.Equal(!isAllowed, response.Body.Contains("AllowedHosts", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("one", "https://one.example", 101)]
    [InlineData("one", "https://two.example", 403)]
    [InlineData("two", "https://one.example", 403)]
    [InlineData("two", "https://two.example", 101)]
    [InlineData("none", "https://one.example", 403)]
    public async Task Each_protocol_of_a_path_has_its_own_origins(string protocol, string origin, int status)
    {
        await using var server = new TestServer(builder =>
        {
            foreach (var (name, origins) in new[] { ("one", (string[]?)["https://one.example"]), ("two", ["https://two.example"]), ("none", null) })
            {
                builder.AddProtocol(new ProtocolEntry
                {
                    Path = "/",
                    Name = name,
                    AllowedOrigins = origins,
                    HandlerType = typeof(TestHandler),
                    Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), new TestLife(), TestProtocol.Echo),
                });
            }
        });
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/", $"Origin: {origin}\r\nSec-WebSocket-Protocol: {protocol}\r\n"));

        Assert.Equal(status, (await client.ResponseAsync()).Status);
    }

    private static async Task DecidesAsync(
        string host, string? origin, bool isAllowed, Action<UpgradeOptions>? options = null, string[]? ofProtocol = null, bool isTls = false)
    {
        await using var server = Server(options, ofProtocol);
        var client = server.Connect(isTls: isTls);

        await client.SendAsync(Request(host, origin));

        var response = await client.ResponseAsync();
        Assert.Equal(isAllowed ? 101 : 403, response.Status);
        Assert.Equal(!isAllowed, response.Body.Contains("AllowedOrigins", StringComparison.Ordinal));
    }

    private static string Request(string host, string? origin) =>
        TestClient.Upgrade("/", origin is null ? "" : $"Origin: {origin}\r\n").Replace("Host: localhost", $"Host: {host}", StringComparison.Ordinal);

    private static TestServer Server(Action<UpgradeOptions>? options = null, string[]? ofProtocol = null) => new(
        builder =>
        {
            builder.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                AllowedOrigins = ofProtocol,
                HandlerType = typeof(TestHandler),
                Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), new TestLife(), TestProtocol.Echo),
            });
            builder.MapGet("/regular", _ => Results.Text("regular"));
        },
        options);
}
