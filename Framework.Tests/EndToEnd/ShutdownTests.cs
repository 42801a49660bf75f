using System.Net.WebSockets;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The effect of Ctrl+C.</summary>
public class ShutdownTests
{
    [Theory]
    [InlineData()]
    [InlineData("--epoll", "true")]
    public async Task Ctrl_C_tells_every_client_and_the_process_ends_well(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGINT.");
        await using var server = await ExampleServer.StartAsync("Chat", arguments: arguments);
        await using var two = await ChatClient.ConnectAsync(server, "chat.v2");
        await using var one = await ChatClient.ConnectAsync(server, "chat.v1");
        await server.InterruptAsync();
        foreach (var client in (ChatClient[])[two, one])
        {
            await client.ExpectCloseAsync(WebSocketCloseStatus.EndpointUnavailable);
            await client.AnswerCloseAsync();
        }

        Assert.Equal(0, await server.ExitCodeAsync());
    }

    [Theory]
    [InlineData()]
    [InlineData("--epoll", "true")]
    public async Task A_client_that_does_not_answer_the_close_does_not_hold_the_process_up(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGINT.");
        await using var server = await ExampleServer.StartAsync("Chat", arguments: arguments);
        await using var client = await ChatClient.ConnectAsync(server, "chat.v2");
        await server.InterruptAsync();
        Assert.Equal(0, await server.ExitCodeAsync());
    }

    [Fact]
    public async Task A_protocol_of_lines_ends_too()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGINT.");
        await using var server = await ExampleServer.StartAsync("LineProtocol");
        using var client = await LineClient.ConnectAsync(server);
        Assert.Equal("3", await client.AskAsync("1 + 2"));
        await server.InterruptAsync();
        Assert.Null(await client.ReadLineAsync());
        Assert.Equal(0, await server.ExitCodeAsync());
    }
}
