using Microsoft.Playwright;

namespace UpgradeProtocols.Tests.EndToEnd;

public class ChatPageTests(Browser browser) : ChatPageBehaviour(browser, []), IClassFixture<Browser>;

public class ChatPageOnEpollTests(Browser browser) : ChatPageBehaviour(browser, ChatServer.EpollArguments), IClassFixture<Browser>;

/// <summary>The page in a real browser, as people use it.</summary>
[Trait("needs", "browser")]
public abstract class ChatPageBehaviour(Browser browser, string[] arguments) : IAsyncLifetime
{
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("Chat", arguments: arguments);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Two_tabs_see_each_other_and_what_each_says()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await using var bob = await browser.EnterAsync(_server, "Bob");
        await ann.ExpectMembersAsync("Ann", "Bob");
        await bob.ExpectMembersAsync("Ann", "Bob");

        await ann.SayAsync("Hello, Bob!");
        await bob.SayAsync("""<img src=x onerror="document.title='broken'"> & so on""");
        foreach (var tab in (ChatTab[])[ann, bob])
        {
            await tab.ExpectMessageAsync("Ann", "Hello, Bob!");
            await tab.ExpectMessageAsync("Bob", """<img src=x onerror="document.title='broken'"> & so on""");
        }

        Assert.Equal(0, await ann.Page.Locator("#log img").CountAsync());
        await Assertions.Expect(ann.Page.Locator(".message.own")).ToHaveCountAsync(1);

        await bob.DisposeAsync();
        await ann.ExpectMembersAsync("Ann");
        await Assertions.Expect(ann.Page.GetByTestId("note").Last).ToHaveTextAsync("Bob left");
        Assert.Empty(ann.Errors);
    }

    [Fact]
    public async Task A_client_that_joins_later_sees_earlier_messages()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await ann.SayAsync("one");
        await ann.SayAsync("two");
        await using var bob = await browser.EnterAsync(_server, "Bob");
        await Assertions.Expect(bob.Page.GetByTestId("message").Locator(".text")).ToHaveTextAsync(["one", "two"]);
    }

    [Fact]
    public async Task Rooms_are_joined_switched_and_left()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await using var bob = await browser.EnterAsync(_server, "Bob");
        await bob.JoinAsync("tea & cake");
        await bob.ExpectMembersAsync("Bob");
        await bob.SayAsync("anybody here?");
        await ann.SayAsync("in the lobby");
        await Assertions.Expect(bob.Room("lobby").Locator(".count")).ToContainTextAsync("1");
        await Assertions.Expect(ann.Page.GetByText("anybody here?")).ToHaveCountAsync(0);

        await ann.JoinAsync("tea & cake");
        await ann.ExpectMessageAsync("Bob", "anybody here?");
        await bob.ExpectMembersAsync("Ann", "Bob");

        await bob.Room("lobby").ClickAsync();
        await bob.ExpectMessageAsync("Ann", "in the lobby");
        await Assertions.Expect(bob.Room("lobby").Locator(".count")).ToHaveCountAsync(0);
        await bob.Page.GetByLabel("Leave tea & cake").ClickAsync();
        await Assertions.Expect(bob.Page.GetByTestId("room")).ToHaveCountAsync(1);
        await ann.ExpectMembersAsync("Ann");
    }

    [Fact]
    public async Task The_page_comes_back_by_itself_when_the_server_does()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await using var bob = await browser.EnterAsync(_server, "Bob");
        await ann.SayAsync("before");
        await bob.ExpectMessageAsync("Ann", "before");

        var port = _server.Port;
        await _server.KillAsync();
        await ann.ExpectStateAsync("offline");
        await Assertions.Expect(ann.Page.GetByTestId("send")).ToBeDisabledAsync();
        await _server.DisposeAsync();
        _server = await ExampleServer.StartAsync("Chat", port, arguments);
        await ann.ExpectStateAsync("online");
        await bob.ExpectStateAsync("online");
        await ann.ExpectMembersAsync("Ann", "Bob");

        await bob.SayAsync("after");
        await ann.ExpectMessageAsync("Bob", "after");
        await Assertions.Expect(ann.Page.GetByTestId("message").Locator(".text")).ToHaveTextAsync(["before", "after"]);
    }

    [Fact]
    public async Task A_message_missed_while_away_is_there_once_and_in_order()
    {
        var isAway = false;
        var connections = new List<(IWebSocketRoute Page, IWebSocketRoute Server)>();
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await using var bob = await browser.OpenAsync(_server, prepare: page => page.RouteWebSocketAsync("**/chat", route =>
        {
            if (isAway)
            {
                _ = route.CloseAsync();
                return;
            }

            connections.Add((route, route.ConnectToServer()));
        }));
        await bob.EnterAsync("Bob");
        await ann.SayAsync("same");
        await bob.ExpectMessageAsync("Ann", "same");

        isAway = true;
        await connections[0].Server.CloseAsync();
        await connections[0].Page.CloseAsync();
        await bob.ExpectStateAsync("offline");
        await ann.ExpectMembersAsync("Ann");
        await ann.SayAsync("same");
        await ann.SayAsync("third");
        await ann.ExpectMessageAsync("Ann", "third");
        isAway = false;
        await bob.ExpectStateAsync("online");
        await Assertions.Expect(bob.Page.GetByTestId("message").Locator(".text")).ToHaveTextAsync(["same", "same", "third"]);
    }

    [Fact]
    public async Task The_name_is_remembered_and_can_be_changed()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await ann.Page.ReloadAsync();
        await ann.ExpectStateAsync("online");
        await ann.ExpectMembersAsync("Ann");

        var second = await ann.Page.Context.NewPageAsync();
        await second.GotoAsync(_server.Address.ToString());
        await Assertions.Expect(second.GetByTestId("name")).ToHaveValueAsync("Ann");
        await second.CloseAsync();

        await ann.Page.GetByTestId("me").ClickAsync();
        await ann.Page.GetByTestId("name").FillAsync("Anna");
        await ann.Page.GetByTestId("name").PressAsync("Enter");
        await ann.ExpectMembersAsync("Anna");
    }

    [Fact]
    public async Task An_error_is_shown_in_plain_words_and_nothing_is_lost()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await ann.Page.EvaluateAsync("document.getElementById('text').removeAttribute('maxlength')");
        var text = new string('x', 2001);
        await ann.Page.GetByTestId("text").FillAsync(text);
        await ann.Page.GetByTestId("send").ClickAsync();
        await Assertions.Expect(ann.Page.GetByTestId("problem")).ToContainTextAsync("A message has at most 2000 characters.");
        await Assertions.Expect(ann.Page.GetByTestId("text")).ToHaveValueAsync(text);
    }

    [Fact]
    public async Task The_whole_chat_can_be_used_by_keyboard()
    {
        await using var tab = await browser.OpenAsync(_server);
        var keyboard = tab.Page.Keyboard;
        await keyboard.TypeAsync("Ann");
        await keyboard.PressAsync("Enter");
        await tab.ExpectStateAsync("online");
        await Assertions.Expect(tab.Page.GetByTestId("text")).ToBeFocusedAsync();
        await keyboard.TypeAsync("two");
        await keyboard.PressAsync("Shift+Enter");
        await keyboard.TypeAsync("lines");
        await keyboard.PressAsync("Enter");
        await tab.ExpectMessageAsync("Ann", "two\nlines");
    }

    [Fact]
    public async Task On_a_phone_rooms_and_people_are_a_tap_away()
    {
        await using var tab = await browser.OpenAsync(_server, width: 380, height: 700);
        await tab.EnterAsync("Ann");
        await Assertions.Expect(tab.Page.GetByTestId("new-room")).ToBeHiddenAsync();
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Rooms" }).ClickAsync();
        await tab.JoinAsync("phone");
        await Assertions.Expect(tab.Page.GetByTestId("new-room")).ToBeHiddenAsync();
        await tab.SayAsync("hi");
        await tab.ExpectMessageAsync("Ann", "hi");
        Assert.Equal(380, await tab.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task A_user_of_version_one_is_in_the_lobby()
    {
        await using var ann = await browser.EnterAsync(_server, "Ann");
        await using var old = await ChatClient.ConnectAsync(_server, "chat.v1");
        await ann.ExpectMembersAsync("Ann", "guest-1");
        await old.SendAsync("""{"type":"say","text":"greetings from 2011"}""");
        await ann.ExpectMessageAsync("guest-1", "greetings from 2011");
    }
}
