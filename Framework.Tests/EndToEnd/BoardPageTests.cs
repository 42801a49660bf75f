using Microsoft.Playwright;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The page of examples/AspNetCore in a real browser: a login by token, and what each role may.</summary>
[Trait("needs", "browser")]
public sealed class BoardPageTests(Browser browser) : IClassFixture<Browser>, IAsyncLifetime
{
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("AspNetCore");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_user_with_permission_pins_a_notice_and_every_client_sees_it()
    {
        await using var ann = await EnterAsync("Ann", isEditor: true);
        await using var bob = await EnterAsync("Bob", isEditor: false);
        await Assertions.Expect(ann.Page.GetByTestId("present").Locator("li")).ToHaveTextAsync(["Ann", "Bob"]);

        await ann.SayAsync("Meeting at ten <b>sharp</b>");
        await Assertions.Expect(bob.Page.GetByTestId("notices").Locator("li")).ToContainTextAsync(["Meeting at ten <b>sharp</b>"]);
        await bob.SayAsync("Me too");

        await Assertions.Expect(bob.Page.GetByTestId("problem")).ToHaveTextAsync("You may not pin notices.");
        await Assertions.Expect(ann.Page.GetByTestId("notices").Locator("li")).ToHaveCountAsync(1);
        await ann.Page.GetByText("Renew the login").ClickAsync();
        await Assertions.Expect(ann.Page.Locator("#frames li").First).ToContainTextAsync("expires");
        await bob.DisposeAsync();
        await Assertions.Expect(ann.Page.GetByTestId("present").Locator("li")).ToHaveTextAsync(["Ann"]);
        Assert.Empty(ann.Errors);
        Assert.DoesNotContain("bearer.ey", _server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_stays_logged_in_until_the_logout()
    {
        await using var ann = await EnterAsync("Ann", isEditor: true);
        await ann.Page.ReloadAsync();
        await ann.ExpectStateAsync("online");

        await ann.Page.GetByText("Log out").ClickAsync();

        await Assertions.Expect(ann.Page.GetByTestId("login")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_login_that_the_server_doesnt_know_any_more_is_asked_for_again()
    {
        await using var ann = await EnterAsync("Ann", isEditor: true);
        var port = _server.Port;
        await _server.KillAsync();
        await ann.ExpectStateAsync("offline");
        await _server.DisposeAsync();

        // Its key is another one.
        _server = await ExampleServer.StartAsync("AspNetCore", port);

        await Assertions.Expect(ann.Page.Locator("#login-problem")).ToContainTextAsync("log in again");
    }

    private async Task<ChatTab> EnterAsync(string name, bool isEditor)
    {
        var tab = await browser.OpenAsync(_server);
        if (isEditor)
        {
            await tab.Page.GetByTestId("editor").CheckAsync();
        }

        await tab.EnterAsync(name);
        return tab;
    }
}
