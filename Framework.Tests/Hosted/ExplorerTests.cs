using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>The explorer's page and its data, over HTTP.</summary>
public partial class ExplorerTests
{
    [Fact]
    public async Task The_page_is_one_file_that_asks_nothing_of_others()
    {
        await using var server = await StartAsync();

        using var answer = await server.GetAsync("/upgrade-protocols");
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.All(References().Matches(page), static reference => Assert.StartsWith("data:", reference.Groups[1].Value, StringComparison.Ordinal));
        Assert.DoesNotContain("innerHTML", page, StringComparison.Ordinal);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task Each_protocol_is_told_of_with_its_messages_and_where_it_is_mapped()
    {
        await using var server = await StartAsync(static app =>
        {
            app.MapGroup("/tenants/{tenant:int}").MapUpgradeProtocols<RoomHandler>(prefix: "/more");
            app.MapUpgradeProtocols<UpperHandler>();
        });

        var protocols = (await server.DataAsync("protocols")).GetProperty("protocols").EnumerateArray()
            .Where(static p => p.GetProperty("isMapped").GetBoolean() || p.GetProperty("path").GetString() == "/private")
            .ToArray();

        Assert.Equal(
            [
                "room.v2 /tenants/{tenant}/more/rooms/{room} websocket True",
                "room.v1 /tenants/{tenant}/more/rooms/{room} websocket True",
                "upper/1 /upper raw True",
                "keepers.v1 /private websocket False",
                "private.v1 /private websocket False",
            ],
            protocols.Take(3).Concat(protocols.Skip(3).OrderBy(static p => p.GetProperty("name").GetString(), StringComparer.Ordinal)).Select(static p =>
                $"{p.GetProperty("name")} {p.GetProperty("path")} {p.GetProperty("kind")} {p.GetProperty("isMapped").GetBoolean()}"));
        var description = protocols[0].GetProperty("description");
        var size = description.GetProperty("receives").EnumerateArray().Single(static message => message.GetProperty("message").GetString() == "size");
        var shape = description.GetProperty("types").EnumerateArray().Single(type => type.GetProperty("type").GetString() == size.GetProperty("payload").GetString());
        Assert.Equal("text", Assert.Single(shape.GetProperty("members").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("said", Assert.Single(description.GetProperty("sends").EnumerateArray()).GetProperty("message").GetString());
    }

    [Fact]
    public async Task Live_connections_are_shown_with_their_user_and_groups()
    {
        await using var server = await StartAsync();
        await using var client = await HostedClient.ConnectAsync(
            server, "/rooms/one?access_token=secret", ["room.v2"], static options => options.SetRequestHeader("Authorization", "Bearer " + TestTokens.Of("ann")));
        await Eventually.TrueAsync(() => server.Services.GetRequiredService<IConnections>().FindByGroup("one").Count == 1, "it has joined");

        var live = await server.DataAsync("live");

        Assert.Equal(1, live.GetProperty("count").GetInt32());
        var connection = Assert.Single(live.GetProperty("connections").EnumerateArray());
        Assert.Equal(("room.v2", "/rooms/one", "ann", "1.1"), (
            connection.GetProperty("protocol").GetString(), connection.GetProperty("path").GetString(),
            connection.GetProperty("user").GetString(), connection.GetProperty("http").GetString()));
        Assert.Equal("one", Assert.Single(connection.GetProperty("groups").EnumerateArray()).GetString());
        Assert.DoesNotContain("secret", live.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_shown_with_what_was_asked_and_why_the_newest_first()
    {
        await using var server = await StartAsync();
        await HostedClient.RefusedAsync(server, "/rooms/one", ["room.v9", "bearer.secret"]);
        await HostedClient.RefusedAsync(server, "/rooms/closed", ["room.v1"]);
        await HostedClient.RefusedAsync(server, "/private", ["private.v1"]);
        var refusals = await server.RefusalsAsync(3);

        Assert.Equal(
            ["3 401 unauthorized /private private.v1", "2 403 application /rooms/closed room.v1", "1 400 subprotocol /rooms/one room.v9"],
            refusals.Select(static refusal =>
                $"{refusal.GetProperty("number")} {refusal.GetProperty("status")} {refusal.GetProperty("reason")} {refusal.GetProperty("path")} {refusal.GetProperty("subprotocols")}"));
        Assert.Contains("has the subprotocols room.v2, room.v1", refusals[2].GetProperty("explanation").GetString(), StringComparison.Ordinal);
        Assert.Equal("This room is closed.", refusals[1].GetProperty("explanation").GetString());
        Assert.Contains("PrivateHandler is for users who are logged in", refusals[0].GetProperty("explanation").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_not_shown_where_nothing_was_upgraded_either()
    {
        await using var server = await StartAsync();

        await HostedClient.RefusedAsync(server, "/upper", ["room.v9", "bearer.secret"]);

        var refusal = Assert.Single(await server.RefusalsAsync(1));
        Assert.Equal((426, "room.v9"), (refusal.GetProperty("status").GetInt32(), refusal.GetProperty("subprotocols").GetString()));
        Assert.DoesNotContain(server.Logs.Entries, static entry => entry.Message.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task As_many_refusals_are_kept_as_a_person_looks_at()
    {
        var history = new RefusalHistory(capacity: 3);

        for (var i = 0; i < 10; i++)
        {
            history.Add(new Refusal(default, 400, "key", "GET", $"/{i}", "", "", ""));
        }

        Assert.Equal([("/9", 10L), ("/8", 9L), ("/7", 8L)], history.List().Select(static refusal => (refusal.Path, refusal.Number)));
        await using var without = await StartAsync(static app => app.MapUpgradeProtocols(), explores: false);
        Assert.Null(without.Services.GetRequiredService<UpgradeEngine>().Refusals);
    }

    [Theory]
    [InlineData("Development", false, HttpStatusCode.OK)]
    [InlineData("Staging", false, HttpStatusCode.OK)]
    [InlineData("Production", false, HttpStatusCode.NotFound)]
    [InlineData("Production", true, HttpStatusCode.OK)]
    public async Task In_Production_it_is_there_only_if_it_is_asked_for(string environment, bool inProduction, HttpStatusCode expected)
    {
        await using var server = await StartAsync(app => app.MapUpgradeProtocolsExplorer("/look", inProduction), environment: environment, explores: false);

        foreach (var path in (string[])["/look", "/look/live", "/look/protocols"])
        {
            using var answer = await server.GetAsync(path);
            Assert.Equal(expected, answer.StatusCode);
        }

        Assert.Equal(expected == HttpStatusCode.OK, server.Services.GetRequiredService<UpgradeEngine>().Refusals is not null);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    [InlineData("Origin", "own", HttpStatusCode.OK)]
    public async Task Pages_of_other_origins_get_nothing(string field, string value, HttpStatusCode expected)
    {
        await using var server = await StartAsync();

        using var answer = await server.GetAsync("/upgrade-protocols/live", field, value == "own" ? $"http://{server.Address.Authority}" : value);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_foreign_name_that_resolves_to_this_server_is_refused()
    {
        await using var server = await StartAsync(options: static options => options.AllowedHosts.Add("app.example"));

        using var page = await server.GetAsync("/upgrade-protocols", "Host", "rebound.example");
        using var data = await server.GetAsync("/upgrade-protocols/live", "Host", "rebound.example");
        using var own = await server.GetAsync("/upgrade-protocols/live", "Host", "app.example");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.OK), (page.StatusCode, data.StatusCode, own.StatusCode));
    }

    [Fact]
    public async Task Conventions_guard_the_page_and_its_data()
    {
        await using var server = await StartAsync(static app => app.MapUpgradeProtocolsExplorer().RequireAuthorization(), explores: false);

        foreach (var path in (string[])["", "/live", "/protocols"])
        {
            using var nobody = await server.GetAsync("/upgrade-protocols" + path);
            using var somebody = await server.GetAsync("/upgrade-protocols" + path, "Authorization", "Bearer " + TestTokens.Of("ann"));
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (nobody.StatusCode, somebody.StatusCode));
        }
    }

    [Fact]
    public async Task Below_a_prefix_the_page_learns_its_own_path_without_it()
    {
        await using var server = await StartAsync(static app =>
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapUpgradeProtocols();
            app.MapGroup("/admin").MapUpgradeProtocolsExplorer("look");
        }, explores: false);

        Assert.Equal("/admin/look", (await server.DataAsync("protocols", "/base/admin/look")).GetProperty("self").GetString());
    }

    [Fact]
    public void Without_AddUpgradeProtocols_it_says_so()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        var app = builder.Build();

        Assert.Contains(
            "AddUpgradeProtocols", Assert.Throws<InvalidOperationException>(() => app.MapUpgradeProtocolsExplorer()).Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("""(?:src|href|action)="([^"]*)""")]
    private static partial Regex References();

    private static async Task<Server> StartAsync(
        Action<WebApplication>? map = null, Action<UpgradeOptions>? options = null, string environment = "Development", bool explores = true)
    {
        var server = new Server(map ?? (static app => app.MapUpgradeProtocols()), options, environment, explores);
        await server.InitializeAsync();
        return server;
    }

    private sealed class Server(Action<WebApplication> map, Action<UpgradeOptions>? options, string environment, bool explores) : MappedServer
    {
        private readonly HttpClient _http = new();

        public Task<HttpResponseMessage> GetAsync(string path, string? field = null, string? value = null)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{Address.Authority}{path}"));
            if (field is not null)
            {
                request.Headers.TryAddWithoutValidation(field, value);
            }

            return _http.SendAsync(request, TestContext.Current.CancellationToken);
        }

        public async Task<JsonElement> DataAsync(string what, string explorer = "/upgrade-protocols")
        {
            using var answer = await GetAsync($"{explorer}/{what}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        }

        public async Task<JsonElement[]> RefusalsAsync(int count)
        {
            var refusals = (await DataAsync("live")).GetProperty("refusals").EnumerateArray().ToArray();
            Assert.Equal(count, refusals.Length);
            return refusals;
        }

        public override ValueTask DisposeAsync()
        {
            _http.Dispose();
            return base.DisposeAsync();
        }

        protected override void Configure(WebApplicationBuilder builder)
        {
            builder.Environment.EnvironmentName = environment;
            builder.Services.Configure(options ?? (static _ => { }));
        }

        protected override void Configure(WebApplication app)
        {
            map(app);
            if (explores)
            {
                app.MapUpgradeProtocolsExplorer();
            }
        }
    }
}
