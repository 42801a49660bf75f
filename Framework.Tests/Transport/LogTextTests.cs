using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

public class LogTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("/chat/Zürich 🙂", "/chat/Zürich 🙂")]
    [InlineData("a\r\nfail: forged", "a\uFFFD\uFFFDfail: forged")]
    [InlineData("\u001b[2J\u009b1m\t", "\uFFFD[2J\uFFFD1m\uFFFD")]
    [InlineData("a\u2028b\u2029c\u0085d\u202Ee\0", "a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFD")]
    public void Control_characters_in_peer_text_are_replaced(string? text, string expected) => Assert.Equal(expected, LogText.Of(text));

    [Fact]
    public void Long_text_is_truncated()
    {
        Assert.Equal(new string('x', 200), LogText.Of(new string('x', 200)));
        Assert.Equal(new string('x', 200) + "…", LogText.Of(new string('x', 201)));
        Assert.Equal(201, LogText.Of(new string('\n', 1_000_000)).Length);
    }

    [Fact]
    public async Task Paths_names_and_reasons_are_logged_without_control_characters()
    {
        var life = new TestLife();
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing, "/{room}")));
        var client = await server.OpenAsync("/a%0Ab");
        await client.TextAsync("""{"type":"x\ny","id":1}""");
        await client.TextAsync();
        await client.CloseAsync(1000, "bye\r\nforged");
        await (await life.NextAsync()).Disposed;
        await server.EndedAsync();
        var refused = server.Connect();
        await refused.SendAsync(TestClient.Upgrade("/x/y%0Az?token=secret", "Sec-WebSocket-Protocol: a\u0085b\r\n"));
        Assert.Equal(404, (await refused.ResponseAsync()).Status);
        Assert.All(server.Logs.Entries, entry => Assert.DoesNotContain(entry.Message, char.IsControl));
        Assert.All(server.Logs.Entries, entry => Assert.DoesNotContain("secret", entry.Message, StringComparison.Ordinal));
        Assert.Contains(server.Logs.Entries, entry => entry.Message.Contains("a\uFFFDb", StringComparison.Ordinal));
    }
}
