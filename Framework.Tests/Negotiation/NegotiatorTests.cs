using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Negotiation;

/// <summary>Tests of the rules N and S through the engine: the tests send requests and check the responses.</summary>
public class NegotiatorTests
{
    private readonly TestLife _life = new();

    // Each line breaks its own rule and all rules that are checked later: the first failed check determines the response.
    [Theory, Trait("rule", "S8"), Trait("rule", "N5"), Trait("rule", "S1"), Trait("rule", "S2"), Trait("rule", "S3"), Trait("rule", "S7"), Trait("rule", "S5"), Trait("rule", "S6")]
    [InlineData("POST /nowhere", "upgrade", "websocket", "12", "bad", "http://evil.example", "none", ";", 404)]
    [InlineData("POST /chat", "keep-alive", "websocket", "12", "bad", "http://evil.example", "none", ";", 426)]
    [InlineData("POST /chat", "upgrade", "unknown", "12", "bad", "http://evil.example", "none", ";", 426)]
    [InlineData("POST /chat", "upgrade", "websocket", "12", "bad", "http://evil.example", "none", ";", 405)]
    [InlineData("GET /chat", "upgrade", "websocket", "12", "bad", "http://evil.example", "none", ";", 426)]
    [InlineData("GET /chat", "upgrade", "websocket", "13", "bad", "http://evil.example", "none", ";", 400)]
    [InlineData("GET /chat", "upgrade", "websocket", "13", TestClient.Key, "http://evil.example", "none", ";", 403)]
    [InlineData("GET /chat", "upgrade", "websocket", "13", TestClient.Key, "http://localhost", "none", ";", 400)]
    [InlineData("GET /chat", "upgrade", "websocket", "13", TestClient.Key, "http://localhost", "chat.v1", ";", 400)]
    [InlineData("GET /chat", "upgrade", "websocket", "13", TestClient.Key, "http://localhost", "chat.v1", "x; y=1", 101)]
    public async Task Checks_run_in_the_defined_order(
        string request, string connection, string upgrade, string version, string key, string origin, string protocol, string extensions, int status)
    {
        var response = await AskAsync(
            $"{request} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\nUpgrade: {upgrade}\r\nSec-WebSocket-Version: {version}\r\n"
            + $"Sec-WebSocket-Key: {key}\r\nOrigin: {origin}\r\nSec-WebSocket-Protocol: {protocol}\r\nSec-WebSocket-Extensions: {extensions}\r\n\r\n");

        Assert.Equal(status, response.Status);
    }

    [Theory, Trait("rule", "N1"), Trait("rule", "N2")]
    [InlineData("HTTP/1.1", "Connection: upgrade", true)]
    [InlineData("HTTP/1.1", "Connection: keep-alive, UPGRADE", true)]
    [InlineData("HTTP/1.1", "Connection: keep-alive\r\nConnection: x,,uPgrade ,y", true)]
    [InlineData("HTTP/1.1", "Connection: keep-alive", false)]
    [InlineData("HTTP/1.1", "Connection: upgrades", false)]
    [InlineData("HTTP/1.1", "X: upgrade", false)]
    [InlineData("HTTP/1.0", "Connection: upgrade", false)]
    [InlineData("HTTP/1.7", "Connection: upgrade", true)]
    public async Task Upgrade_counts_only_if_Connection_lists_it(string version, string connection, bool counts)
    {
        var response = await AskAsync($"GET /mixed {version}\r\nHost: localhost\r\n{connection}\r\nUpgrade: b/2\r\n\r\n");

        Assert.Equal(counts ? 101 : 200, response.Status);
    }

    [Theory, Trait("rule", "N3"), Trait("rule", "N4")]
    [InlineData("Upgrade: b/2, a/1", "b/2")]
    [InlineData("Upgrade: a/1, b/2", "a/1")]
    [InlineData("Upgrade: c, A/1", "a/1")]
    [InlineData("Upgrade: x\r\nUpgrade: B/2\r\nUpgrade: a/1", "b/2")]
    [InlineData("Upgrade: a, b/1, ,B/2", "b/2")]
    public async Task The_first_upgrade_of_the_client_that_the_path_has_is_chosen(string upgrade, string chosen)
    {
        var response = await AskAsync($"GET /mixed HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n{upgrade}\r\n\r\n");

        Assert.Equal((101, chosen, "Upgrade"), (response.Status, response["Upgrade"], response["Connection"]));
    }

    [Theory, Trait("rule", "N3"), Trait("rule", "N5")]
    [InlineData("a")]
    [InlineData("a/2")]
    [InlineData("a/10")]
    [InlineData("h2c")]
    [InlineData("websockets")]
    public async Task Without_a_match_the_server_sends_the_regular_response_and_keeps_the_connection(string upgrade)
    {
        await using var server = Server();
        var client = server.Connect();
        var request = $"GET /mixed HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: {upgrade}\r\n\r\n";

        await client.SendAsync(request + request);

        Assert.Equal("regular", (await client.ResponseAsync()).Body);
        Assert.Equal("regular", (await client.ResponseAsync()).Body);
    }

    [Fact, Trait("rule", "N5")]
    public async Task A_path_that_has_only_upgrades_lists_them_in_declaration_order()
    {
        var response = await AskAsync("GET /tools HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.Equal((426, "b/1, websocket, a", "Upgrade"), (response.Status, response["Upgrade"], response["Connection"]));
        Assert.Contains("b/1, websocket, a", response.Body, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "S1")]
    [InlineData("POST", "/chat", "websocket", "GET")]
    [InlineData("HEAD", "/chat", "websocket", "GET")]
    [InlineData("PUT", "/mixed", "b/2", "GET, POST")]
    public async Task Another_method_is_refused_and_Allow_lists_the_methods(string method, string path, string upgrade, string allow)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: {upgrade}\r\n\r\n");

        var response = await client.ResponseAsync(toHead: method == "HEAD");
        Assert.Equal((405, allow), (response.Status, response["Allow"]));
    }

    [Theory, Trait("rule", "S2")]
    [InlineData("")]
    [InlineData("Sec-WebSocket-Version: 8\r\n")]
    [InlineData("Sec-WebSocket-Version: 013\r\n")]
    [InlineData("Sec-WebSocket-Version: 13, 8\r\n")]
    [InlineData("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n")]
    public async Task Another_version_is_refused_and_the_response_names_13(string version)
    {
        var response = await AskAsync(
            $"GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n{version}Sec-WebSocket-Key: {TestClient.Key}\r\n\r\n");

        Assert.Equal((426, "13", "websocket"), (response.Status, response["Sec-WebSocket-Version"], response["Upgrade"]));
        Assert.Contains("13", response.Body, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "S3")]
    [InlineData("")]
    [InlineData("Sec-WebSocket-Key: AAAA\r\n")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")]
    public async Task Exactly_one_key_of_16_bytes_is_required(string key)
    {
        var response = await AskAsync(
            $"GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n{key}\r\n");

        Assert.Equal(400, response.Status);
        Assert.Contains("Sec-WebSocket-Key", response.Body, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "S4"), Trait("rule", "S5")]
    [InlineData("/chat", "Sec-WebSocket-Protocol: chat.v1, chat.v2", "chat.v1")]
    [InlineData("/chat", "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: chat.v2,chat.v1", "chat.v2")]
    [InlineData("/chat", "Sec-WebSocket-Protocol: CHAT.V1, chat.v2", "chat.v2")]
    [InlineData("/named", "X: y", null)]
    [InlineData("/named", "Sec-WebSocket-Protocol: plain", "plain")]
    [InlineData("/tools", "X: y", null)]
    public async Task The_first_known_subprotocol_of_the_client_is_chosen_if_it_offers_any(string path, string field, string? chosen)
    {
        var response = await AskAsync(TestClient.Upgrade(path, field + "\r\n"));

        Assert.Equal((101, chosen, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (response.Status, response["Sec-WebSocket-Protocol"], response["Sec-WebSocket-Accept"]));
    }

    [Theory, Trait("rule", "S4")]
    [InlineData("chat.v1, chat.v1")]
    [InlineData("chat.v1, a b")]
    [InlineData("chat.v1, \"quoted\"")]
    [InlineData("chat.v1, a/b")]
    [InlineData("chat.v1\r\nSec-WebSocket-Protocol: chat.v1")]
    public async Task A_malformed_or_repeated_subprotocol_is_refused(string value)
    {
        var response = await AskAsync(TestClient.Upgrade("/chat", $"Sec-WebSocket-Protocol: {value}\r\n"));

        Assert.Equal(400, response.Status);
        Assert.Contains("Sec-WebSocket-Protocol", response.Body, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "S5")]
    [InlineData("/chat", "X: y")]
    [InlineData("/chat", "Sec-WebSocket-Protocol: Chat.V1")]
    [InlineData("/chat", "Sec-WebSocket-Protocol: v9")]
    public async Task Without_a_matching_subprotocol_the_response_lists_those_of_the_path(string path, string field)
    {
        var response = await AskAsync(TestClient.Upgrade(path, field + "\r\n"));

        Assert.Equal(400, response.Status);
        Assert.Contains("chat.v2, chat.v1", response.Body, StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "S5")]
    public async Task A_path_may_accept_an_unknown_subprotocol_and_close_the_connection()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ocpp/cp1", "Sec-WebSocket-Protocol: ocpp9\r\n"));

        var response = await client.ResponseAsync();
        Assert.Equal((101, null), (response.Status, response["Sec-WebSocket-Protocol"]));
        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        await server.AdvanceUntilAsync(client.EndAsync());
        Assert.Equal(0, server.Hub.Count);
    }

    [Theory, Trait("rule", "S6")]
    [InlineData("permessage-deflate; client_max_window_bits, x-unknown; a=\"b\"", 101)]
    [InlineData(", ,x", 101)]
    [InlineData("x; a=\"b\\c\"", 101)]
    [InlineData("x\r\nSec-WebSocket-Extensions: y; z", 101)]
    [InlineData("a b", 400)]
    [InlineData("x; a=", 400)]
    [InlineData("x; a=\"b c\"", 400)]
    [InlineData("x; a=\"b", 400)]
    [InlineData("x;;y", 400)]
    [InlineData("x\r\nSec-WebSocket-Extensions: ;", 400)]
    public async Task Unknown_extensions_are_ignored_and_malformed_extensions_are_refused(string value, int status) =>
        Assert.Equal(status, (await AskAsync(TestClient.Upgrade("/chat", $"Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Extensions: {value}\r\n"))).Status);

    [Theory]
    [InlineData("/t/static", "literal")]
    [InlineData("/t/static/x", "prefix")]
    [InlineData("/t/other", "one id=other")]
    [InlineData("/t/a%20b%C3%A9", "one id=a bé")]
    [InlineData("/t/a%2Fb", "one id=a%2Fb")]
    [InlineData("/t/1/end", "tail id=1")]
    [InlineData("/t/1/2", "two a=1 b=2")]
    [InlineData("/t/", null)]
    [InlineData("/t", null)]
    [InlineData("/t/1/", null)]
    [InlineData("/t//2", null)]
    [InlineData("/t/1/2/3", null)]
    [InlineData("/T/static", null)]
    public async Task The_most_specific_template_matches(string path, string? expected)
    {
        var seen = "";
        await using var server = new TestServer(builder =>
        {
            // Declared from general to specific: declaration order alone would choose the wrong one.
            foreach (var (template, name) in new[]
            {
                ("/t/{a}/{b}", "two"), ("/t/{id}", "one"), ("/t/{id}/end", "tail"), ("/t/static/{x}", "prefix"), ("/t/static", "literal"),
            })
            {
                var life = new TestLife
                {
                    Upgrading = handler =>
                    {
                        seen = string.Join(' ', (string[])[name, .. handler.Connection.RouteValues.Where(_ => name is not "prefix").Select(value => $"{value.Key}={value.Value}")]);
                        return new(UpgradeResult.Accept());
                    },
                };
                builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, template));
            }
        });
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade(path));

        Assert.Equal(expected is null ? 404 : 101, (await client.ResponseAsync()).Status);
        Assert.Equal(expected ?? "", seen);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("/t?x")]
    [InlineData("/t/{}")]
    [InlineData("/t/{a}b")]
    [InlineData("/t/{a}/{a}")]
    public void A_path_that_is_not_a_template_throws(string path) =>
        Assert.Throws<FormatException>(() => PathTemplate.Parse(path));

    private async Task<TestResponse> AskAsync(string request)
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(request);
        return await client.ResponseAsync();
    }

    private TestServer Server() => new(builder =>
    {
        builder.AddProtocol(Entry("/chat", "chat.v2"));
        builder.AddProtocol(Entry("/chat", "chat.v1"));
        builder.AddProtocol(Entry("/named", "plain", isDefault: true));
        builder.AddProtocol(TestProtocol.Pipe(_life, (_, _) => Task.CompletedTask, "/mixed", "a/1"));
        builder.AddProtocol(TestProtocol.Pipe(_life, (_, _) => Task.CompletedTask, "/mixed", "b/2", "GET", "POST"));
        builder.MapGet("/mixed", _ => Results.Text("regular"));
        builder.AddProtocol(TestProtocol.Pipe(_life, (_, _) => Task.CompletedTask, "/tools", "b/1"));
        builder.AddProtocol(Entry("/tools", null, isDefault: true));
        builder.AddProtocol(Entry("/tools", "x"));
        builder.AddProtocol(TestProtocol.Pipe(_life, (_, _) => Task.CompletedTask, "/tools", "a"));
        builder.AddProtocol(Entry("/ocpp/{id}", "ocpp1.6", mismatch: SubprotocolMismatch.AcceptThenClose));
    });

    private ProtocolEntry Entry(string path, string? name, bool isDefault = false, SubprotocolMismatch mismatch = SubprotocolMismatch.Refuse) => new()
    {
        Path = path,
        Name = name,
        IsDefault = isDefault,
        SubprotocolMismatch = mismatch,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), _life, TestProtocol.Echo),
    };
}
