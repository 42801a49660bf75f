using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Diagnostics;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>Authorization for each setup of ASP.NET Core's authentication and authorization, and without one.</summary>
public class ApplicationAccessTests
{
    private const string Login = "/login?role=";

    [Theory, InlineData(1), InlineData(2)]
    [Trait("rule", "S8")]
    public async Task Without_a_cookie_it_is_401_and_no_page_and_the_operator_sees_it(int version)
    {
        await using var server = await CookieServer.StartAsync(version);

        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/keeper", ["keeper"]));

        await server.SeenAsync(401, "unauthorized");
    }

    [Theory, InlineData(1), InlineData(2)]
    [Trait("rule", "S8")]
    public async Task With_a_cookie_that_isnt_enough_it_is_403_and_no_page(int version)
    {
        await using var server = await CookieServer.StartAsync(version);
        var cookie = await server.LogInAsync("guest");

        Assert.Equal(403, await HostedClient.RefusedAsync(server, "/keeper", ["keeper"], options => options.SetRequestHeader("Cookie", cookie)));

        await server.SeenAsync(403, "unauthorized");
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task With_a_cookie_it_is_open(int version)
    {
        await using var server = await CookieServer.StartAsync(version);
        var cookie = await server.LogInAsync("keeper");

        await using var client = await HostedClient.ConnectAsync(server, "/keeper", ["keeper"], options => options.SetRequestHeader("Cookie", cookie));
    }

    // Not all who redirect ask the endpoint: events of the application's own, and other schemes.
    [Theory, InlineData(1), InlineData(2)]
    public async Task A_redirect_by_the_applications_own_events_is_401_too(int version)
    {
        await using var server = await CookieServer.StartAsync(version, static cookie => cookie.Events.OnRedirectToLogin = static context =>
        {
            context.Response.Cookies.Append("nonce", "1");
            context.Response.Redirect("https://login.example/authorize");
            return Task.CompletedTask;
        });

        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/keeper", ["keeper"]));

        await server.SeenAsync(401, "unauthorized");
    }

    [Fact]
    public async Task An_abandoned_login_leaves_nothing_behind()
    {
        await using var server = await CookieServer.StartAsync(1, static cookie => cookie.Events.OnRedirectToLogin = static context =>
        {
            context.Response.Cookies.Append("nonce", "1");
            context.Response.Redirect("https://login.example/authorize");
            return Task.CompletedTask;
        });

        using var answer = await server.AskAsync("/keeper");

        Assert.Equal((HttpStatusCode.Unauthorized, null, false), (answer.StatusCode, answer.Headers.Location, answer.Headers.Contains("Set-Cookie")));
    }

    [Fact]
    public async Task A_convention_may_ask_for_the_page()
    {
        await using var server = await CookieServer.StartAsync(1, map: static app => app.MapUpgradeProtocols().AllowCookieRedirect());

        using var answer = await server.AskAsync("/keeper");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        await server.SeenAsync(302);
    }

    [Theory]
    [InlineData(307, "https://app.example/open")]
    [InlineData(302, "https://app.example/open")]
    [InlineData(301, "/elsewhere")]
    [InlineData(200, null)]
    [InlineData(204, null)]
    [InlineData(500, null)]
    public async Task Every_response_of_a_middleware_is_logged_and_counted(int status, string? location)
    {
        await using var server = await CookieServer.StartAsync(1, middleware: context =>
        {
            context.Response.StatusCode = status;
            if (location is not null)
            {
                context.Response.Headers.Location = location;
            }

            return Task.CompletedTask;
        });

        using var answer = await server.AskAsync("/open");

        Assert.Equal(status, (int)answer.StatusCode);
        await server.SeenAsync(status);
    }

    [Fact]
    public async Task A_middleware_that_throws_is_logged_and_counted()
    {
        await using var server = await CookieServer.StartAsync(1, middleware: static _ => throw new InvalidOperationException("a fault"));

        Assert.Equal(500, await HostedClient.RefusedAsync(server, "/open", ["open"]));

        await server.SeenAsync(500, "failed");
    }

    [Fact]
    public async Task A_middleware_that_adds_a_claim_doesnt_make_a_cookie_last_for_ever()
    {
        await using var server = await CookieServer.StartAsync(1, before: static context => context.User = new ClaimsPrincipal(
            new ClaimsIdentity([.. context.User.Claims, new Claim("tenant", "one")], context.User.Identity?.AuthenticationType)));
        var cookie = await server.LogInAsync("keeper");

        await using var client = await HostedClient.ConnectAsync(server, "/keeper", ["keeper"], options => options.SetRequestHeader("Cookie", cookie));

        var connections = server.Services.GetRequiredService<IConnections>();
        await Eventually.TrueAsync(() => connections.Count == 1, "it is open");
        Assert.InRange(connections.List()[0].UserExpires!.Value, DateTimeOffset.UtcNow.AddMinutes(50), DateTimeOffset.UtcNow.AddMinutes(70));
        Assert.True(connections.List()[0].User.HasClaim("tenant", "one"));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1e300")]
    public async Task A_user_whose_login_has_ended_or_cant_be_read_is_refused_on_every_handler(string exp)
    {
        await using var server = await CookieServer.StartAsync(1, before: context => context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("exp", exp)], "x")));

        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/open", ["open"]));

        await server.SeenAsync(401, "unauthorized");
    }

    [Fact]
    public async Task A_hanging_OnUpgrading_is_given_up_and_its_place_is_free()
    {
        var release = new TaskCompletionSource();
        var life = new TestLife
        {
            Upgrading = async _ =>
        {
            await release.Task;
            return UpgradeResult.Accept();
        }
        };
        await using var server = await CookieServer.StartAsync(1, life: life, options: static options => options.AnswerTimeout = TimeSpan.FromMilliseconds(300));

        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(503, await HostedClient.RefusedAsync(server, "/open", ["open"]));
            await Eventually.TrueAsync(() => server.LimitedCount == 0, "the protocol's only place is free");
        }

        Assert.Contains(server.Logs.Entries, static entry => entry.Id == 20 && entry.Message.Contains("[OnUpgrading] of TestHandler", StringComparison.Ordinal));
        release.SetResult();
    }

    [Theory, InlineData(1), InlineData(2)]
    public async Task A_client_that_leaves_while_it_is_asked_about_is_noticed(int version)
    {
        var left = new TaskCompletionSource();
        var life = new TestLife
        {
            Upgrading = async handler =>
        {
            await using var registration = handler.Connection.Closed.Register(left.SetResult);
            await Task.Delay(Timeout.Infinite, handler.Connection.Closed);
            return UpgradeResult.Accept();
        }
        };
        await using var server = await CookieServer.StartAsync(version, life: life);
        using var client = new System.Net.WebSockets.ClientWebSocket();
        client.Options.AddSubProtocol("open");
        client.Options.HttpVersion = server.Version;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var handler = new SocketsHttpHandler();
        using var invoker = new HttpMessageInvoker(handler);
        using var leaving = new CancellationTokenSource();
        var connecting = client.ConnectAsync(new Uri(server.Address, "/open"), invoker, leaving.Token);
        await life.CreatedAsync();

        await leaving.CancelAsync();

        await left.Task.WaitAsync(Patience.Limit);
        await Assert.ThrowsAnyAsync<Exception>(() => connecting);
        await Eventually.TrueAsync(() => server.LimitedCount == 0, "its place is free");
    }

    [Theory]
    [InlineData(nameof(RequirementHandler))]
    [InlineData(nameof(AuthorizedHandler))]
    public async Task The_application_does_not_start_without_a_check_of_its_authorization(string handler)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(TypeOf(handler), static _ => { }));

        Assert.Contains("AddAuthorization()", error.Message, StringComparison.Ordinal);
        Assert.Contains(handler, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(UnknownPolicyHandler), "the policy 'unknown'")]
    [InlineData(nameof(UnknownPolicyMethodHandler), "the policy 'unknown'")]
    [InlineData(nameof(UnknownSchemeHandler), "the authentication scheme 'Unknown'")]
    public async Task A_policy_or_a_scheme_that_isnt_there_stops_the_start(string handler, string problem)
    {
        var mapped = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(TypeOf(handler), static services => services.AddAuthorization()));
        Assert.Contains(problem, mapped.Message, StringComparison.Ordinal);
        Assert.Contains(handler, mapped.Message, StringComparison.Ordinal);

        var standalone = await Assert.ThrowsAsync<InvalidOperationException>(
            () => TransportHost.StartAsync(configure: builder => builder.AddProtocol(Entry(TypeOf(handler), "/x", "x"))));
        Assert.Contains(problem, standalone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_a_convention_names_and_isnt_there_stops_the_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(
            typeof(TestHandler), static services => services.AddAuthorization(), static app => app.MapUpgradeProtocols().RequireAuthorization("unknown")));

        Assert.Contains("the policy 'unknown'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AllowAnonymous_needs_no_authorization()
    {
        await using var app = await StartAsync(typeof(RequirementHandler), static _ => { }, static app => app.MapUpgradeProtocols().AllowAnonymous());
    }

    // A pipeline that is put together by hand may lack the middleware, and ASP.NET Core doesn't notice where only a requirement guards.
    [Fact]
    public async Task A_requirement_that_no_middleware_has_asked_about_is_500()
    {
        var logs = new RecordingLogs();
        await using var app = await StartAsync(
            typeof(RequirementHandler),
            services => services.AddAuthorization().AddLogging(logging => logging.AddProvider(logs)),
            static app =>
            {
                ((IApplicationBuilder)app).Properties["__AuthorizationMiddlewareSet"] = true;
                app.MapUpgradeProtocols();
            });
        var address = Assert.Single(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses);
        using var client = new System.Net.WebSockets.ClientWebSocket();
        client.Options.AddSubProtocol("x");
        client.Options.CollectHttpResponseDetails = true;

        await Assert.ThrowsAnyAsync<Exception>(() => client.ConnectAsync(HostedServer.WebSocket(address + "/x"), default));

        Assert.Equal(HttpStatusCode.InternalServerError, client.HttpStatusCode);
        Assert.Contains(logs.Entries, static entry => entry.Id == 22);
    }

    private static Type TypeOf(string name) => typeof(ApplicationAccessTests).GetNestedType(name, System.Reflection.BindingFlags.NonPublic)!;

    private static ProtocolEntry Entry(Type handler, string path, string name, TestLife? life = null, int maxConnections = 0) => new()
    {
        Path = path,
        Name = name,
        HandlerType = handler,
        MaxConnections = maxConnections,
        Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), life ?? new TestLife(), TestProtocol.Echo),
    };

    private static async Task<WebApplication> StartAsync(Type handler, Action<IServiceCollection> configure, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        new UpgradeProtocolsBuilder(builder.Services).AddProtocol(Entry(handler, "/x", "x"));
        configure(builder.Services);
        var app = builder.Build();
        try
        {
            (map ?? (static app => app.MapUpgradeProtocols()))(app);
            await app.StartAsync();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    private sealed class RequirementAttribute : Attribute, IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new Requirement()];

        private sealed class Requirement : IAuthorizationRequirement;
    }

    [Requirement]
    private sealed class RequirementHandler;

    [Authorize]
    private sealed class AuthorizedHandler;

    [Authorize("unknown")]
    private sealed class UnknownPolicyHandler;

    private sealed class UnknownPolicyMethodHandler
    {
        [Authorize("unknown")]
        public static void Send()
        {
        }
    }

    [Authorize(AuthenticationSchemes = "Unknown")]
    private sealed class UnknownSchemeHandler;

    [Authorize(Roles = "keeper")]
    private sealed class CookieKeeperHandler;

    /// <summary>An application whose users log in by a page.</summary>
    private sealed class CookieServer(
        int version,
        Action<CookieAuthenticationOptions>? cookies,
        RequestDelegate? middleware,
        Action<HttpContext>? before,
        TestLife? life,
        Action<UpgradeOptions>? options,
        Action<WebApplication>? map) : MappedServer
    {
        private const string Refused = "Refused with ";

        private readonly ProtocolEntry _limited = Entry(typeof(TestHandler), "/open", "open", life, maxConnections: 1);
        private MeterProbe? _probe;

        public override Version Version => version == 1 ? HttpVersion.Version11 : HttpVersion.Version20;

        public int LimitedCount => Services.GetRequiredService<UpgradeEngine>().LimitOf(_limited)!.Count;

        protected override HttpProtocols Protocols => version == 1 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http2;

        public static async Task<CookieServer> StartAsync(
            int version,
            Action<CookieAuthenticationOptions>? cookies = null,
            RequestDelegate? middleware = null,
            Action<HttpContext>? before = null,
            TestLife? life = null,
            Action<UpgradeOptions>? options = null,
            Action<WebApplication>? map = null)
        {
            var server = new CookieServer(version, cookies, middleware, before, life, options, map);
            await server.InitializeAsync();
            server._probe = new MeterProbe(server.Services);
            return server;
        }

        public override ValueTask DisposeAsync()
        {
            _probe?.Dispose();
            return base.DisposeAsync();
        }

        public Uri Http(string path) => new($"http://{Address.Authority}{path}");

        public async Task<string> LogInAsync(string role)
        {
            using var http = new HttpClient(new HttpClientHandler { UseCookies = false });
            using var request = new HttpRequestMessage(HttpMethod.Get, Http(Login + role)) { Version = Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.SendAsync(request);
            return Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
        }

        /// <summary>Asks for an upgrade, and follows no redirect.</summary>
        public async Task<HttpResponseMessage> AskAsync(string path)
        {
            using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
            using var request = new HttpRequestMessage(HttpMethod.Get, Http(path));
            request.Headers.Add("Connection", "Upgrade");
            request.Headers.Add("Upgrade", "websocket");
            request.Headers.Add("Sec-WebSocket-Version", "13");
            request.Headers.Add("Sec-WebSocket-Key", TestClient.Key);
            request.Headers.Add("Sec-WebSocket-Protocol", path[1..]);
            return await http.SendAsync(request);
        }

        public async Task SeenAsync(int status, string? reason = null)
        {
            await Eventually.TrueAsync(() => Logs.Entries.Any(IsRefusal), "it is logged");
            Assert.StartsWith($"{Refused}{status}: ", Assert.Single(Logs.Entries, IsRefusal).Message, StringComparison.Ordinal);
            var counted = Assert.Single(_probe!.Of("upgrade.server.refusals"));
            Assert.Equal(status, counted.Tags["http.response.status_code"]);
            Assert.Equal(reason ?? counted.Tags["upgrade.refusal.reason"], counted.Tags["upgrade.refusal.reason"]);
        }

        private static bool IsRefusal(LogEntry entry) => entry.Message.StartsWith(Refused, StringComparison.Ordinal);

        protected override void Configure(WebApplicationBuilder builder)
        {
            builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
            {
                cookie.ExpireTimeSpan = TimeSpan.FromHours(1);
                cookies?.Invoke(cookie);
            });
            var upgrade = new UpgradeProtocolsBuilder(builder.Services).Configure(options ?? (static _ => { })).Exclude(static (type, _) => type.DeclaringType != typeof(ApplicationAccessTests) && type != typeof(TestHandler));
            upgrade.AddProtocol(Entry(typeof(CookieKeeperHandler), "/keeper", "keeper"));
            upgrade.AddProtocol(_limited);
        }

        protected override void Configure(WebApplication app)
        {
            if (before is not null)
            {
                app.UseAuthentication();
                app.Use(next => context =>
                {
                    before(context);
                    return next(context);
                });
                app.UseAuthorization();
            }

            if (middleware is not null)
            {
                app.Use(next => context => context.Request.Path == "/open" ? middleware(context) : next(context));
            }

            app.MapGet("/login", static (string role) => Results.SignIn(
                new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "ann"), new(ClaimTypes.Role, role)], "cookie")),
                authenticationScheme: CookieAuthenticationDefaults.AuthenticationScheme));
            (map ?? (static app => app.MapUpgradeProtocols()))(app);
        }
    }
}
