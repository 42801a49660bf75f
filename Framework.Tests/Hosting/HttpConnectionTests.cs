using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>A connection while it speaks HTTP.</summary>
public class HttpConnectionTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private readonly TestLife _life = new();

    [Fact, Trait("rule", "H10"), Trait("rule", "H1")]
    public async Task Requests_follow_one_another_also_all_in_one_packet()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(Get + Get + TestClient.Upgrade("/ws"));

        Assert.Equal("hello", (await client.ResponseAsync()).Body);
        Assert.Equal("hello", (await client.ResponseAsync()).Body);
        Assert.Equal(101, (await client.ResponseAsync()).Status);
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("*", "")]
    [InlineData("http://localhost", "")]
    [InlineData("*", "Connection: Upgrade\r\nUpgrade: websocket\r\n")]
    public async Task OPTIONS_of_the_server_is_answered(string target, string more)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync($"OPTIONS {target} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n" + Get);

        var response = await client.ResponseAsync();
        Assert.Equal((204, "GET, HEAD, OPTIONS", null), (response.Status, response["Allow"], response["Content-Length"]));
        Assert.Equal("hello", (await client.ResponseAsync()).Body);
    }

    [Theory, Trait("rule", "H10")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")]
    public async Task A_request_that_says_so_ends_the_connection(string request)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(request + Get);

        Assert.Equal("close", (await client.ResponseAsync())["Connection"]);
        await server.AdvanceUntilAsync(client.EndAsync());
    }

    [Theory, Trait("rule", "H10")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 35\r\n\r\n", Get)]
    [InlineData("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "23\r\n" + Get + "\r\n0\r\n\r\n")]
    public async Task A_body_is_never_read_as_a_request(string head, string body)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(head + body + Get, piece: 7);

        Assert.Equal(Get, (await client.ResponseAsync()).Body);
        Assert.Equal("hello", (await client.ResponseAsync()).Body);
    }

    [Theory, Trait("rule", "H10")]
    [InlineData("/nowhere", 404)]
    [InlineData("/", 405)]
    [InlineData("/ws", 426)]
    public async Task The_body_of_a_request_that_is_refused_is_read_all_the_same(string path, int status)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync($"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 35\r\n\r\n" + Get + Get);

        Assert.Equal(status, (await client.ResponseAsync()).Status);
        Assert.Equal("hello", (await client.ResponseAsync()).Body);
    }

    [Fact, Trait("rule", "H7")]
    public async Task A_body_that_is_too_large_is_refused_with_413()
    {
        await using var server = Server(options => options.MaxRequestBodySize = 10);
        var declared = server.Connect();
        await declared.SendAsync("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
        var chunked = server.Connect();
        await chunked.SendAsync("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n");

        foreach (var client in new[] { declared, chunked })
        {
            var response = await client.ResponseAsync();
            Assert.Equal((413, "close"), (response.Status, response["Connection"]));
            await server.AdvanceUntilAsync(client.EndAsync());
        }
    }

    [Fact, Trait("rule", "H11")]
    public async Task HEAD_gets_the_head_of_GET()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n" + Get);

        var head = await client.ResponseAsync(toHead: true);
        var get = await client.ResponseAsync();
        Assert.Equal((200, "5", "hello"), (head.Status, head["Content-Length"], get.Body));
        Assert.Equal(get.Headers.Select(field => field.Key).Order(), head.Headers.Select(field => field.Key).Order());
        Assert.NotNull(get["Date"]);
    }

    [Fact, Trait("rule", "N7")]
    public async Task A_100_is_sent_before_the_body_is_read_and_before_the_101()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("POST /raw HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: pipe/1\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");

        Assert.Equal(100, (await client.ResponseAsync()).Status);
        await client.SendAsync("body");

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal("body", await client.StringAsync(4));
    }

    [Theory, Trait("rule", "N7")]
    [InlineData("PUT /raw", "100-continue", 405)]
    [InlineData("POST /nowhere", "100-continue", 404)]
    [InlineData("POST /raw", "something", 417)]
    [InlineData("POST /raw", "100-continue, something", 417)]
    public async Task A_refusal_replaces_the_100(string request, string expectation, int status)
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync($"{request} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: pipe/1\r\nContent-Length: 4\r\nExpect: {expectation}\r\n\r\n");

        Assert.Equal(status, (await client.ResponseAsync()).Status);
        await server.AdvanceUntilAsync(client.EndAsync());
    }

    [Fact, Trait("rule", "N7")]
    public async Task HTTP_1_0_expects_nothing()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync("POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: something\r\n\r\nbody");

        Assert.Equal("body", (await client.ResponseAsync()).Body);
    }

    [Fact, Trait("rule", "H9")]
    public async Task A_client_that_sends_nothing_is_closed_without_a_response()
    {
        await using var server = Server();
        var client = server.Connect();

        Assert.InRange(await server.AdvanceUntilAsync(client.EndAsync()), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "H9")]
    public async Task A_body_that_does_not_come_is_answered_with_408()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo");
        var response = client.ResponseAsync();

        Assert.InRange(await server.AdvanceUntilAsync(response), TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(35));
        Assert.Equal(408, (await response).Status);
        await server.AdvanceUntilAsync(client.EndAsync());
    }

    [Fact, Trait("rule", "T4")]
    public async Task An_idle_connection_is_closed_after_the_keep_alive_timeout()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(Get);
        await client.ResponseAsync();

        Assert.InRange(await server.AdvanceUntilAsync(client.EndAsync()), TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(65));
    }

    [Fact]
    public async Task A_head_that_is_cut_off_is_answered()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\n");

        client.Shut();

        Assert.Equal(400, (await client.ResponseAsync()).Status);
    }

    [Fact]
    public async Task A_peer_that_vanishes_is_no_news()
    {
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\n");

        client.Abort();

        await server.EndedAsync();
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "N8")]
    public async Task Bytes_after_a_refused_upgrade_are_not_read_as_a_request()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/nowhere") + Get);

        var response = await client.ResponseAsync();
        Assert.Equal((404, "close"), (response.Status, response["Connection"]));
        await server.AdvanceUntilAsync(client.EndAsync());
    }

    [Fact, Trait("rule", "N10")]
    public async Task The_101_comes_before_the_first_byte_of_the_protocol()
    {
        _life.Connected = async handler => await handler.Connection.SendAsync("first");
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ws"));

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal("first", await client.TextAsync());
    }

    [Theory, Trait("rule", "N10")]
    [InlineData("create")]
    [InlineData("check")]
    [InlineData("upgrading")]
    [InlineData("field")]
    public async Task An_exception_before_the_101_is_answered_with_500(string where)
    {
        var handler = new TestHandler();
        _life.Create = _ => where == "create" ? throw new InvalidOperationException("secret") : handler;
        _life.Check = _ => where == "check" ? throw new InvalidOperationException("secret") : null;
        _life.Upgrading = _ => where == "upgrading"
            ? throw new InvalidOperationException("secret")
            : new(UpgradeResult.Accept().WithHeader("Upgrade", "of its own"));
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ws"));

        var response = await client.ResponseAsync();
        Assert.Equal(500, response.Status);
        Assert.DoesNotContain("secret", response.Body, StringComparison.Ordinal);
        await server.AdvanceUntilAsync(client.EndAsync());
        await server.EndedAsync();
        Assert.Contains(server.Logs.Entries, entry => entry is { Level: LogLevel.Error, Exception: not null });
        Assert.Equal((0, where is "upgrading" or "field" ? 1 : 0), (handler.ConnectedCount, handler.DisposalCount));
        Assert.Empty(handler.Disconnections);
    }

    [Fact, Trait("rule", "S8")]
    public async Task The_application_refuses_with_its_own_status_body_and_fields()
    {
        _life.Upgrading = _ => new(UpgradeResult.Refuse(401, "Who are you?").WithHeader("WWW-Authenticate", "Bearer"));
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ws"));

        var response = await client.ResponseAsync();
        Assert.Equal((401, "Bearer", "Who are you?\n", "close"), (response.Status, response["WWW-Authenticate"], response.Body, response["Connection"]));
        await server.AdvanceUntilAsync(client.EndAsync());
        var handler = await _life.CreatedAsync();
        await handler.Disposed;
        Assert.Equal(0, handler.ConnectedCount);
        Assert.Empty(handler.Disconnections);
    }

    [Fact, Trait("rule", "S8")]
    public async Task The_application_sets_fields_of_the_101_and_the_user()
    {
        _life.Upgrading = handler =>
        {
            handler.Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "test")));
            return new(UpgradeResult.Accept().WithHeader("X-Room", "7"));
        };
        await using var server = Server();
        var client = server.Connect();

        Assert.Equal("7", (await client.OpenAsync("/ws"))["X-Room"]);
        Assert.Equal("ann", (await _life.NextAsync()).Connection.User.FindFirst("sub")!.Value);
    }

    [Fact]
    public async Task A_value_of_the_request_that_cannot_be_bound_is_refused_with_400()
    {
        _life.Check = _ => "The path segment 'id' is not a valid Int32.";
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ws"));

        var response = await client.ResponseAsync();
        Assert.Equal((400, "The path segment 'id' is not a valid Int32.\n"), (response.Status, response.Body));
    }

    [Fact]
    public async Task A_responder_that_fails_is_answered_with_500_and_the_next_request_served()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync("GET /fails HTTP/1.1\r\nHost: localhost\r\n\r\n" + Get);

        Assert.Equal(500, (await client.ResponseAsync()).Status);
        Assert.Equal("hello", (await client.ResponseAsync()).Body);
    }

    [Fact, Trait("rule", "W10")]
    public async Task A_server_that_stops_ends_idle_connections_and_answers_half_a_head_with_503()
    {
        await using var server = Server();
        var idle = server.Connect();
        await idle.SendAsync(Get);
        await idle.ResponseAsync();
        var half = server.Connect();
        await half.SendAsync("GET / HTTP/1.1\r\n");

        server.Stop();

        await idle.EndAsync();
        Assert.Equal(503, (await half.ResponseAsync()).Status);
    }

    [Fact, Trait("rule", "W10")]
    public async Task A_server_that_stops_upgrades_no_more()
    {
        await using var server = Server();
        server.Engine.IsStopping = true;
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/ws"));

        Assert.Equal(503, (await client.ResponseAsync()).Status);
    }

    // The connection was accepted just before, so it isn't yet in the list of open connections.
    [Fact, Trait("rule", "W10")]
    public async Task A_connection_that_opens_after_the_others_were_closed_closes_too()
    {
        var release = new TaskCompletionSource<UpgradeResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _life.Upgrading = _ => new(release.Task);
        await using var server = Server();
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/ws"));
        await _life.CreatedAsync();

        server.Engine.IsStopping = true;
        release.SetResult(UpgradeResult.Accept());

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal(1001, (await client.UntilCloseAsync()).Code);
    }

    private TestServer Server(Action<UpgradeOptions>? options = null) => new(
        builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, "/ws"));
            builder.AddProtocol(TestProtocol.Pipe(
                _life, async (handler, pipe) => await pipe.Output.WriteAsync(handler.Connection.Request.Body), "/raw", "pipe/1", "GET", "POST"));
            builder.MapGet("/", _ => Results.Text("hello"));
            builder.MapGet("/fails", _ => throw new InvalidOperationException("secret"));
            builder.Map("POST", "/echo", (request, _) => new(Results.Bytes(request.Body, "text/plain")));
        },
        options);
}
