using Microsoft.Playwright;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>A headless Chromium for the tests of a class; without one they are skipped.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Programs.Find("chromium", "chromium-browser", "google-chrome", "chrome") is not { } chromium)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _playwright.Selectors.SetTestIdAttribute("data-testid");
        Assertions.SetDefaultExpectTimeout((float)Patience.Limit.TotalMilliseconds);
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = Flags });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens the page as a person who has never been there.</summary>
    internal Task<ChatTab> OpenAsync(ExampleServer server, int width = 1100, int height = 750, Func<IPage, Task>? prepare = null) =>
        OpenAsync(server.Address, width, height, prepare);

    internal async Task<ChatTab> OpenAsync(Uri address, int width = 1100, int height = 750, Func<IPage, Task>? prepare = null)
    {
        Assert.SkipWhen(_browser is null, "chromium is not installed.");
        var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        context.SetDefaultTimeout((float)Patience.Limit.TotalMilliseconds);
        var tab = new ChatTab(await context.NewPageAsync());
        if (prepare is not null)
        {
            await prepare(tab.Page);
        }

        await tab.Page.GotoAsync(address.ToString());
        return tab;
    }

    internal async Task<ChatTab> EnterAsync(ExampleServer server, string name)
    {
        var tab = await OpenAsync(server);
        await tab.EnterAsync(name);
        return tab;
    }
}

/// <summary>The page in a browser, by what a person does and sees.</summary>
internal sealed class ChatTab : IAsyncDisposable
{
    public ChatTab(IPage page)
    {
        Page = page;
        page.PageError += (_, error) => Errors.Add(error);
    }

    public IPage Page { get; }

    /// <summary>The errors that the page's script threw.</summary>
    public List<string> Errors { get; } = [];

    public async Task EnterAsync(string name)
    {
        await Page.GetByTestId("name").FillAsync(name);
        await Page.GetByTestId("enter").ClickAsync();
        await ExpectStateAsync("online");
    }

    public async Task SayAsync(string text)
    {
        await Page.GetByTestId("text").FillAsync(text);
        await Page.GetByTestId("text").PressAsync("Enter");
    }

    public async Task JoinAsync(string room)
    {
        await Page.GetByTestId("new-room").FillAsync(room);
        await Page.GetByTestId("new-room").PressAsync("Enter");
        await Assertions.Expect(Page.GetByTestId("room-name")).ToHaveTextAsync(room);
    }

    public ILocator Room(string name) => Page.GetByTestId("room").Filter(new() { HasText = name });

    public Task ExpectStateAsync(string state) => Assertions.Expect(Page.GetByTestId("state")).ToHaveAttributeAsync("data-state", state);

    public Task ExpectMembersAsync(params string[] names) =>
        Assertions.Expect(Page.GetByTestId("members").Locator(".name")).ToHaveTextAsync(names);

    public Task ExpectMessageAsync(string name, string text) =>
        Assertions.Expect(Page.Locator($"[data-testid=message][data-name='{name}'] .text").Filter(new() { HasText = text }).First).ToBeVisibleAsync();

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
