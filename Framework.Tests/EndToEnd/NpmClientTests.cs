namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The most used WebSocket package of Node.js as a client.</summary>
public class NpmClientTests
{
    [Theory]
    [InlineData()]
    [InlineData("--epoll", "true")]
    public async Task A_client_on_ws_speaks_both_versions(params string[] arguments)
    {
        var node = Programs.Find("node");
        Assert.SkipWhen(node is null, "node is not installed.");
        Assert.SkipUnless(Directory.Exists(Programs.TestFile("npm/node_modules/ws")), "The npm package ws is not installed: ./test installs it.");
        await using var server = await ExampleServer.StartAsync("Chat", arguments: arguments);
        var (exitCode, output) = await Programs.RunAsync(Programs.Start(node!, Programs.TestFile("npm/chat.js"), server.WebSocketAddress("/chat").ToString()));
        Assert.True(exitCode == 0, output);
    }
}
