using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>The interaction of ASP.NET Core's routing and the protocols.</summary>
public class MappedTests
{
    [Fact, Trait("rule", "N5")]
    public async Task Other_requests_go_to_the_paths_other_endpoints()
    {
        await using var server = await StartAsync(static app =>
        {
            app.MapGet("/upper", static () => "a page");
            app.MapUpgradeProtocols();
        });
        using var http = new HttpClient();

        Assert.Equal("a page", await http.GetStringAsync(server.Http("/upper")));
        using var foreign = new HttpRequestMessage(HttpMethod.Get, server.Http("/upper")) { Headers = { { "Connection", "upgrade" }, { "Upgrade", "foo/2" } } };
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(foreign)).StatusCode);
        Assert.Equal("HELLO\n", await UpperAsync(server, "/upper"));
    }

    [Fact, Trait("rule", "N5")]
    public async Task A_path_with_upgrades_alone_says_which()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient();

        using var answer = await http.GetAsync(server.Http("/upper"));

        Assert.Equal((HttpStatusCode)426, answer.StatusCode);
        Assert.Equal("upper/1", answer.Headers.Upgrade.ToString());
        Assert.Contains("upper/1", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "N6")]
    public async Task A_request_with_a_body_is_told_that_it_cant_be_upgraded()
    {
        await using var server = await StartAsync();

        var answer = await SendAsync(server, "GET /upper HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: upper/1\r\nContent-Length: 2\r\n\r\nhi");

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Contains("body", answer, StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "S7")]
    [InlineData("wss", "https://x", 101)]
    [InlineData("WSS", "https://x", 101)]
    [InlineData("ws", "http://x", 101)]
    [InlineData("https", "https://x", 101)]
    [InlineData("wss", "http://x", 403)]
    public async Task A_proxy_may_name_the_scheme_of_WebSockets(string scheme, string origin, int status)
    {
        await using var server = await StartAsync(
            static app =>
            {
                app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedProto });
                app.MapUpgradeProtocols();
            },
            options: static options => options.CompareOriginScheme = true);
        using var socket = await server.SocketAsync();
        var request = Hosting.TestClient.Upgrade(
            "/rooms/one", $"Sec-WebSocket-Protocol: room.v2\r\nOrigin: {origin}\r\nX-Forwarded-Proto: {scheme}\r\n");
        await socket.SendAsync(Encoding.ASCII.GetBytes(request.Replace("Host: localhost", "Host: x", StringComparison.Ordinal)));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadLineAsync().WaitAsync(Patience.Limit), StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "N2")]
    public async Task Http10_is_not_upgraded()
    {
        await using var server = await StartAsync();

        var answer = await SendAsync(server, "GET /upper HTTP/1.0\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: upper/1\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 426", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefix_and_a_group_stand_before_the_declared_path()
    {
        await using var server = await StartAsync(static app =>
        {
            app.MapUpgradeProtocols("/live");
            app.MapGroup("/tenants/{tenant}").MapUpgradeProtocols<RoomHandler>(prefix: "/more/");
        });

        foreach (var path in (string[])["/live/rooms/one", "/tenants/t/more/rooms/one", "/LIVE/Rooms/one/"])
        {
            await using var client = await HostedClient.ConnectAsync(server, path, ["room.v2"]);
            await client.SendAsync("""{"type":"where","id":1}""");
            Assert.Contains("\"room\":\"one\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v2"]));
        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/tenants/t/more/private", ["private.v1"]));
    }

    [Fact]
    public async Task A_pattern_replaces_the_declared_path_as_in_MapHub()
    {
        await using var server = await StartAsync(static app => app.MapUpgradeProtocols<RoomHandler>(pattern: "/chat/{room:alpha}"));

        await using var client = await HostedClient.ConnectAsync(server, "/chat/one", ["room.v2"]);
        await client.SendAsync("""{"type":"where","id":1}""");

        Assert.Contains("\"room\":\"one\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v2"]));
        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/chat/1", ["room.v2"]));
    }

    [Theory]
    [InlineData("/chat", "no {room}")]
    [InlineData("/chat/{other}", "no {room}")]
    public async Task A_pattern_has_the_parameters_of_the_declared_path(string pattern, string problem)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(app => app.MapUpgradeProtocols<RoomHandler>(pattern: pattern)));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handlers_that_share_a_path_can_be_mapped_apart()
    {
        await using var server = await StartAsync(static app =>
        {
            app.MapUpgradeProtocols<PrivateHandler>();
            app.MapUpgradeProtocols<KeeperHandler>();
        });
        static void AsBob(ClientWebSocketOptions options) =>
            options.SetRequestHeader("Authorization", "Bearer " + TestTokens.Of("bob", "keeper"));

        await using var one = await HostedClient.ConnectAsync(server, "/private", ["private.v1"], AsBob);
        await using var two = await HostedClient.ConnectAsync(server, "/private", ["keepers.v1"], AsBob);

        Assert.Equal(("private.v1", "keepers.v1"), (one.Subprotocol, two.Subprotocol));
        Assert.Equal(400, await HostedClient.RefusedAsync(server, "/private", ["nobody.v1"], AsBob));
    }

    [Fact]
    public async Task Only_what_is_picked_is_mapped()
    {
        await using var server = await StartAsync(static app => app.MapUpgradeProtocols(select: static (_, name) => name == "room.v1"));

        await using var client = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2", "room.v1"]);

        Assert.Equal("room.v1", client.Subprotocol);
        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/private", ["private.v1"]));
    }

    [Fact]
    public async Task Conventions_apply_to_every_endpoint()
    {
        await using var server = await StartAsync(static app => app.MapUpgradeProtocols().RequireAuthorization());

        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v2"]));
        await using var client = await HostedClient.ConnectAsync(
            server, "/rooms/one", ["room.v2"], static options => options.SetRequestHeader("Authorization", "Bearer " + TestTokens.Of("ann")));
    }

    [Fact]
    public async Task A_required_host_is_required()
    {
        await using var server = await StartAsync(static app => app.MapUpgradeProtocols().RequireHost("app.example"));

        Assert.Equal(404, await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v2"]));
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2"], static options => options.SetRequestHeader("Host", "app.example"));
    }

    [Fact]
    public async Task Endpoints_tell_what_they_serve()
    {
        await using var server = await StartAsync();

        // Those of other tests' handlers are in the assembly too.
        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(static endpoint => endpoint.Metadata.GetMetadata<UpgradeProtocolMetadata>()!.HandlerType.Namespace == typeof(RoomHandler).Namespace)
            .ToArray();

        Assert.Equal(
        [
            "Upgrade /private => KeeperHandler (keepers.v1)",
            "Upgrade /private => PrivateHandler (private.v1)",
            "Upgrade /rooms/{room} => RoomHandler (room.v2, room.v1)",
            "Upgrade /upper => UpperHandler (upper/1)",
        ],
        endpoints.Select(static endpoint => endpoint.DisplayName).Order(StringComparer.Ordinal));
        var keepers = endpoints.Single(static endpoint => endpoint.Metadata.GetMetadata<UpgradeProtocolMetadata>()!.HandlerType == typeof(KeeperHandler));
        Assert.Equal("keeper", keepers.Metadata.GetMetadata<IAuthorizeData>()!.Roles);
        Assert.Equal(["keepers.v1"], keepers.Metadata.GetMetadata<UpgradeProtocolMetadata>()!.Protocols);
    }

    [Fact]
    public async Task Another_endpoint_on_a_path_of_its_own_keeps_it()
    {
        await using var server = await StartAsync(static app =>
        {
            app.MapUpgradeProtocols();
            app.Map("/rooms/ours", static () => Results.StatusCode(418));
        });

        Assert.Equal(418, await HostedClient.RefusedAsync(server, "/rooms/ours", ["room.v2"]));
    }

    [Fact]
    public void Without_AddUpgradeProtocols_it_says_so()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        var app = builder.Build();

        Assert.Contains("AddUpgradeProtocols", Assert.Throws<InvalidOperationException>(() => app.MapUpgradeProtocols()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kestrels_limit_of_upgraded_connections_is_a_503()
    {
        await using var server = await StartAsync(configure: static kestrel => kestrel.Limits.MaxConcurrentUpgradedConnections = 1);
        await using var first = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2"]);

        Assert.Equal(503, await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v2"]));
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task The_limit_of_a_requests_body_does_not_limit_the_messages(int version)
    {
        await using var server = await StartAsync(version: version, configure: static kestrel => kestrel.Limits.MaxRequestBodySize = 1000);
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2"]);

        for (var i = 0; i < 5; i++)
        {
            await client.SendAsync($$$"""{"type":"size","id":1,"data":{"text":"{{{new string('x', 900)}}}"}}""");
            Assert.Equal("""{"type":"reply","id":1,"data":{"length":900}}""", await client.ReceiveAsync());
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    [Trait("rule", "W10")]
    public async Task A_stopping_application_says_goodbye_with_1001(int version)
    {
        await using var server = await StartAsync(version: version);
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2"]);
        await client.SendAsync("""{"type":"where","id":1}""");
        await client.ReceiveAsync();

        var stopping = server.StopAsync();

        Assert.Equal(1001, (await client.ClosedAsync()).Code);
        await stopping.SoonAsync();
        Assert.StartsWith("1001 Local", await server.Log.NextAsync("one"), StringComparison.Ordinal);
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task A_stale_reference_to_a_connection_reaches_no_other_request(int version)
    {
        await using var server = await StartAsync(version: version);
        var connections = server.Services.GetRequiredService<IConnections>();
        var before = await HostedClient.ConnectAsync(server, "/rooms/before", ["room.v2"]);
        await Eventually.TrueAsync(() => connections.FindByGroup("before").Count == 1, "it has joined");
        var held = connections.FindByGroup("before")[0];
        await before.CloseAsync(1000, "");
        await server.Log.NextAsync("before");
        await Eventually.TrueAsync(() => ((RoomScope)held.Items["scope"]!).IsDisposed, "the request is over");
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/after", ["room.v2"]);

        held.Abort();

        await client.SendAsync("""{"type":"size","id":1,"data":{"text":"x"}}""");
        Assert.Equal("""{"type":"reply","id":1,"data":{"length":1}}""", await client.ReceiveAsync());
        await before.DisposeAsync();
    }

    [Fact]
    public async Task A_token_may_stand_in_the_query_where_that_is_allowed()
    {
        await using var server = await StartAsync(
            options: static options => options.BearerToken.QueryParameter = "access_token");
        var token = TestTokens.Of("ann");

        await using var client = await HostedClient.ConnectAsync(server, "/rooms/q?access_token=" + token + "&name=x", ["room.v2"]);
        await client.SendAsync("""{"type":"where","id":1}""");

        Assert.Contains("\"name\":\"x\",\"protocol\":\"room.v2\",\"http\":\"1.1\",\"user\":\"ann\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(
            server.Logs.Entries.Where(static entry => !entry.Message.StartsWith("Request starting", StringComparison.Ordinal)),
            entry => entry.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Middleware_between_Kestrel_and_the_endpoint_sees_the_bytes()
    {
        var seen = 0;
        await using var server = await StartAsync(app =>
        {
            app.Use(next => context =>
            {
                context.Features.Set<IHttpUpgradeFeature>(new Watching(context.Features.GetRequiredFeature<IHttpUpgradeFeature>(), () => seen++));
                return next(context);
            });
            app.MapUpgradeProtocols();
        });

        await using var client = await HostedClient.ConnectAsync(server, "/rooms/one", ["room.v2"]);
        await client.SendAsync("""{"type":"size","id":1,"data":{"text":"x"}}""");

        Assert.Equal("""{"type":"reply","id":1,"data":{"length":1}}""", await client.ReceiveAsync());
        Assert.True(seen > 0);
    }

    [Fact]
    public async Task AddUpgradeProtocols_alone_starts_no_server()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddUpgradeProtocols();
        using var host = builder.Build();

        await host.StartAsync();

        Assert.Null(host.Services.GetService<IUpgradeServer>());
        await host.StopAsync();
    }

    [Fact, Trait("rule", "N8")]
    public async Task The_lightweight_server_can_have_a_port_of_the_applications_Kestrel()
    {
        await using var server = await StartAsync(
            static app => app.MapGet("/upper", static () => "a page"), lightweight: true);

        Assert.Equal("HELLO\n", await UpperAsync(server, "/upper"));
        Assert.StartsWith("HTTP/1.1 400", await SendAsync(server, "GET /upper HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    private sealed class Watching(IHttpUpgradeFeature inner, Action seen) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => new WatchingStream(await inner.UpgradeAsync(), seen);
    }

    private sealed class WatchingStream(Stream inner, Action seen) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            seen();
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);
    }

    private static async Task<Server> StartAsync(
        Action<WebApplication>? map = null,
        Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>? configure = null,
        Action<UpgradeOptions>? options = null,
        int version = 1,
        bool lightweight = false)
    {
        var server = new Server(map, configure, options, version, lightweight);
        await server.InitializeAsync();
        return server;
    }

    private static async Task<string> UpperAsync(Server server, string path)
    {
        using var socket = await server.SocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: upper/1\r\n\r\nhello\n"));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        Assert.Equal("HTTP/1.1 101 Switching Protocols", await reader.ReadLineAsync().WaitAsync(Patience.Limit));
        while (await reader.ReadLineAsync().WaitAsync(Patience.Limit) is { Length: > 0 })
        {
        }

        return await reader.ReadLineAsync().WaitAsync(Patience.Limit) + "\n";
    }

    private static async Task<string> SendAsync(Server server, string text)
    {
        using var socket = await server.SocketAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        return await reader.ReadToEndAsync().WaitAsync(Patience.Limit);
    }

    private sealed class Server(
        Action<WebApplication>? map,
        Action<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>? configure,
        Action<UpgradeOptions>? options,
        int version,
        bool lightweight) : MappedServer
    {
        public override Version Version => version == 1 ? HttpVersion.Version11 : HttpVersion.Version20;

        protected override Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols Protocols => version == 1
            ? Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http1
            : Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2;

        public Uri Http(string path) => new($"http://{Address.Authority}{path}");

        public async Task<Socket> SocketAsync()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
            return socket;
        }

        protected override void Configure(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen)
        {
            if (lightweight)
            {
                listen.UseUpgradeProtocols();
            }
        }

        protected override void Configure(WebApplicationBuilder builder)
        {
            builder.WebHost.ConfigureKestrel(configure ?? (static _ => { }));
            builder.Services.Configure(options ?? (static _ => { }));
        }

        protected override void Configure(WebApplication app)
        {
            if (map is null)
            {
                app.MapUpgradeProtocols();
            }
            else
            {
                map(app);
            }
        }
    }
}
