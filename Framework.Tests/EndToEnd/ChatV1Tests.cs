namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>chat.v1 beside chat.v2: two formats, one lobby.</summary>
public sealed class ChatV1Tests : IAsyncLifetime
{
    // There is one lobby: each test has a server of its own.
    private readonly ChatServer _chat = new();

    public ValueTask InitializeAsync() => _chat.InitializeAsync();

    public ValueTask DisposeAsync() => _chat.DisposeAsync();

    [Fact]
    public async Task Both_versions_hear_each_other_in_the_lobby_each_in_its_own_format()
    {
        await using var old = await _chat.ConnectAsync("chat.v1");
        await old.SendAsync("""{"type":"say","text":"first"}""");
        var first = await old.ReceiveAsync();
        var guest = (string?)first["name"];
        Assert.StartsWith("guest-", guest, StringComparison.Ordinal);
        Assert.Equal(["type", "name", "text"], first.Select(member => member.Key));

        await using var ann = await _chat.ConnectAsync();
        await ann.SendAsync("""{"type":"join","id":1,"data":{"room":"lobby","name":"Ann"}}""");
        await ann.ExpectAsync($$$"""{"type":"reply","id":1,"data":{"room":"lobby","members":["Ann","{{{guest}}}"]}}""");

        await ann.SendAsync("""{"type":"say","data":{"room":"lobby","text":"from two"}}""");
        await ann.ExpectAsync("""{"type":"said","data":{"room":"lobby","name":"Ann","text":"from two"}}""");
        await old.SendAsync("""{"text":"from one","type":"say","id":5}""");
        await ann.ExpectAsync($$$"""{"type":"said","data":{"room":"lobby","name":"{{{guest}}}","text":"from one"}}""");
        await old.ExpectAsync("""{"type":"said","name":"Ann","text":"from two"}""");
        await old.ExpectAsync($$$"""{"type":"said","name":"{{{guest}}}","text":"from one"}""");
        await old.ExpectAsync("""{"type":"reply","id":5}""");

        await old.CloseAsync();
        await ann.ExpectAsync($$$"""{"type":"left","data":{"room":"lobby","name":"{{{guest}}}"}}""");
    }

    [Fact]
    public async Task Version_one_is_not_told_who_comes_and_goes()
    {
        await using var old = await _chat.ConnectAsync("chat.v1");
        var ann = await _chat.JoinAsync("lobby", "Ann");
        await ann.SendAsync("""{"type":"leave","id":1,"data":{"room":"lobby"}}""");
        await ann.ExpectAsync("""{"type":"reply","id":1,"data":{}}""");
        await old.SendAsync("""{"type":"say","text":"hi"}""");
        Assert.Equal("said", (string?)(await old.ReceiveAsync())["type"]);
        await ann.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"type":"join","id":7,"room":"a","name":"b"}""", "unknown_message")]
    [InlineData("""{"type":"history","id":7,"room":"lobby","count":1}""", "unknown_message")]
    [InlineData("""{"type":"say","id":7}""", "invalid_payload")]
    [InlineData("""{"type":"say","id":7,"text":["a"]}""", "invalid_payload")]
    [InlineData("""{"type":"say","id":7,"text":""}""", "invalid_text")]
    [InlineData("""{"type":"say","id":7,"text":"hi","room":"secret"}""", "not_joined")]
    public async Task A_wrong_message_is_answered_with_an_error_and_the_connection_goes_on(string message, string code)
    {
        await using var client = await _chat.ConnectAsync("chat.v1");
        await client.SendAsync(message);
        await client.ExpectErrorAsync(7, code);
        await client.SendAsync("""{"type":"say","text":"still here"}""");
        Assert.Equal("still here", (string?)(await client.ReceiveAsync())["text"]);
    }
}
