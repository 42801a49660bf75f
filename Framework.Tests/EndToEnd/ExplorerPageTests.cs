using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using UpgradeProtocols.Tests.Hosted;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The explorer of examples/AspNetCore in a real browser.</summary>
[Trait("needs", "browser")]
public sealed class ExplorerPageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private const string Markup = "<img src=x onerror=document.title='owned'>";

    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("AspNetCore", 0, "--environment", "Development");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_person_sees_why_it_is_refused_then_connects_and_sends_what_the_form_has()
    {
        var requests = new List<string>();
        var complaints = new List<string>();
        await using var tab = await OpenAsync(prepare: page =>
        {
            page.Request += (_, request) => requests.Add(request.Url);
            page.Console += (_, message) => complaints.AddRange(message.Type == "error" && !message.Text.Contains("WebSocket", StringComparison.Ordinal) ? [message.Text] : []);
        });
        var page = tab.Page;
        await Assertions.Expect(page.GetByTestId("name")).ToHaveTextAsync("board.v1");
        await Assertions.Expect(page.GetByTestId("receives").Locator("li b")).ToHaveTextAsync(["list", "pin", "renew", "unpin"]);
        await Assertions.Expect(page.GetByTestId("sends").Locator("li b")).ToHaveTextAsync(["pinned", "present", "unpinned"]);

        await page.GetByTestId("connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("refused")).ToHaveTextAsync("401: BoardHandler is for users who are logged in, and the application's authentication found none that is valid.");
        await Assertions.Expect(page.GetByTestId("refusals").Locator("li")).ToContainTextAsync(["unauthorized"]);

        await page.GetByTestId("token").FillAsync(await TokenAsync("Ann"));
        await page.GetByTestId("connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("state")).ToHaveTextAsync("connected: board.v1");
        await Assertions.Expect(page.GetByTestId("connections").Locator("tbody tr")).ToContainTextAsync(["Ann"]);
        await page.GetByTestId("message").SelectOptionAsync(new SelectOptionValue { Label = "pin" });
        using (var prefilled = JsonDocument.Parse(await page.GetByTestId("frame").InputValueAsync()))
        {
            Assert.Equal("""{"type":"pin","id":1,"data":{"text":"text"}}""", JsonSerializer.Serialize(prefilled));
        }

        await page.GetByTestId("send").ClickAsync();
        await Assertions.Expect(page.GetByTestId("frame-out")).ToHaveCountAsync(1);
        await Assertions.Expect(Received("\"type\":\"reply\",\"id\":1,")).ToHaveCountAsync(1);
        await Assertions.Expect(Received("\"type\":\"pinned\"")).ToHaveCountAsync(1);

        // The next has an id of its own; and what others have written stays text.
        Assert.Contains("\"id\": 2", await page.GetByTestId("frame").InputValueAsync(), StringComparison.Ordinal);
        await page.GetByTestId("frame").FillAsync($$$"""{"type":"pin","id":2,"data":{"text":"{{{Markup}}}"}}""");
        await page.GetByTestId("frame").PressAsync("Control+Enter");
        await Assertions.Expect(page.GetByTestId("frame-out").Last).ToContainTextAsync(Markup);
        await Assertions.Expect(Received("\"type\":\"reply\",\"id\":2,")).ToHaveCountAsync(1);
        await RefuseAsync($"GET /live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: {Markup}\r\n\r\n");
        await Assertions.Expect(page.GetByTestId("refusals").Locator("li").First).ToContainTextAsync(Markup);

        await page.GetByTestId("connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("state")).ToHaveTextAsync("not connected");
        await Assertions.Expect(page.GetByTestId("connections")).ToBeHiddenAsync();
        Assert.Equal("Upgrade protocols", await page.TitleAsync());
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        Assert.All(requests, url => Assert.True(url.StartsWith(_server.Address.ToString(), StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal), url));
        Assert.Empty(tab.Errors);

        // A 401 of the WebSocket and its own policy are all that a console could tell of.
        Assert.Empty(complaints);

        ILocator Received(string text) => page.GetByTestId("frame-in").Filter(new() { HasText = text });
    }

    [Fact]
    public async Task Below_a_prefix_a_path_has_a_field_for_each_name_in_it()
    {
        await using var server = new PrefixedServer();
        await server.InitializeAsync();
        await using var tab = await browser.OpenAsync(new Uri($"http://{server.Address.Authority}/base/admin/look/"));
        var page = tab.Page;
        await page.GetByTestId("protocol").Filter(new() { HasText = "room.v2" }).ClickAsync();

        await page.Locator("#parameters input[name=tenant]").FillAsync("a");
        await page.Locator("#parameters input[name=room]").FillAsync("one & two/?");
        await page.GetByTestId("query").FillAsync("name=ann");
        await page.GetByTestId("connect").ClickAsync();
        await Assertions.Expect(page.GetByTestId("state")).ToHaveTextAsync("connected: room.v2");
        await page.GetByTestId("message").SelectOptionAsync(new SelectOptionValue { Label = "where" });
        await page.GetByTestId("send").ClickAsync();
        await Assertions.Expect(page.GetByTestId("frame-in")).ToContainTextAsync("\"name\":\"ann\",\"protocol\":\"room.v2\"");
        await Assertions.Expect(page.GetByTestId("connections").Locator("tbody tr")).ToContainTextAsync(["one & two"]);

        await page.GetByTestId("subprotocol").SelectOptionAsync("room.v1");
        await page.GetByTestId("connect").ClickAsync();
        await page.GetByTestId("subprotocol").SelectOptionAsync("room.v1");
        await Assertions.Expect(page.GetByTestId("name")).ToHaveTextAsync("room.v1");
        Assert.DoesNotContain("data", await page.GetByTestId("frame").InputValueAsync(), StringComparison.Ordinal);

        await page.GetByTestId("protocol").Filter(new() { HasText = "upper/1" }).ClickAsync();
        await Assertions.Expect(page.Locator("#command")).ToContainTextAsync("-H \"Upgrade: upper/1\" " + new Uri(page.Url).GetLeftPart(UriPartial.Authority) + "/base/tenants/{tenant}/upper");
        Assert.Empty(tab.Errors);
    }

    [Theory, InlineData(360), InlineData(800), InlineData(1280)]
    public async Task Nothing_sticks_out_of_a_narrow_window(int width)
    {
        await using var tab = await OpenAsync(width);
        await Assertions.Expect(tab.Page.GetByTestId("name")).ToHaveTextAsync("board.v1");

        Assert.True(await tab.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
    }

    private async Task<ChatTab> OpenAsync(int width = 1280, Action<IPage>? prepare = null)
    {
        var tab = await browser.OpenAsync(_server, width, 900);
        prepare?.Invoke(tab.Page);
        await tab.Page.GotoAsync(_server.Address + "upgrade-protocols");
        return tab;
    }

    private async Task<string> TokenAsync(string name)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync(new Uri(_server.Address, "login"), new { name, isEditor = true });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private async Task RefuseAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _server.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 401", await reader.ReadLineAsync().WaitAsync(Patience.Limit), StringComparison.Ordinal);
    }

    private sealed class PrefixedServer : MappedServer
    {
        protected override void Configure(WebApplicationBuilder builder) => builder.Environment.EnvironmentName = "Development";

        protected override void Configure(WebApplication app)
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapGroup("/tenants/{tenant}").MapUpgradeProtocols();
            app.MapUpgradeProtocolsExplorer("/admin/look");
        }
    }
}
