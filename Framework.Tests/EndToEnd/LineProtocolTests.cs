namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>examples/LineProtocol: its server, and its console client against it.</summary>
public sealed class LineProtocolTests : IAsyncLifetime
{
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("LineProtocol");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_client_asks_and_shows_the_answers()
    {
        var start = Programs.Start(Programs.Example("LineProtocol"), "client", $"http://127.0.0.1:{_server.Port}");
        var (exitCode, output) = await Programs.RunAsync(start, "6 * 7\n+ 1\n1 / 0\nwhat?\n2.50\n\n1 + 1\n");
        var lines = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal((0, "42", "43", "2.5", "", 6), (exitCode, lines[0], lines[1], lines[4], lines[5], lines.Length));
        Assert.All(lines[2..4], line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_client_says_when_the_server_does_not_speak_its_protocol()
    {
        await using var chat = await ExampleServer.StartAsync("Chat");
        var start = Programs.Start(Programs.Example("LineProtocol"), "client", $"http://127.0.0.1:{chat.Port}");
        var (exitCode, output) = await Programs.RunAsync(start, "1 + 1\n");
        Assert.Equal(1, exitCode);
        Assert.Contains("doesn't speak calc/1: HTTP/1.1 404", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_in_one_packet_are_answered_in_order_and_carriage_returns_are_no_matter()
    {
        using var client = await LineClient.ConnectAsync(_server);
        Assert.StartsWith("HTTP/1.1 101 ", client.Head[0], StringComparison.Ordinal);
        Assert.Contains("Upgrade: calc/1", client.Head);
        await client.SendAsync("1 + 1\r\n* 10\n- 5\r\n");
        Assert.Equal(["2", "20", "15"], [await client.ReadLineAsync(), await client.ReadLineAsync(), await client.ReadLineAsync()]);
    }

    [Fact]
    public async Task A_line_sent_before_the_FIN_is_answered_after_it()
    {
        using var client = await LineClient.ConnectAsync(_server);
        await client.SendAsync("20 + 1\n* 2\n");
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal(["21", "42", null], [await client.ReadLineAsync(), await client.ReadLineAsync(), await client.ReadLineAsync()]);
    }

    [Fact]
    public async Task A_client_of_another_version_is_told_which_there_is()
    {
        using var client = await LineClient.ConnectAsync(_server, "calc/2");
        Assert.StartsWith("HTTP/1.1 426 ", client.Head[0], StringComparison.Ordinal);
        Assert.Contains("Upgrade: calc/1", client.Head);
    }

    [Fact]
    public async Task A_line_without_end_ends_the_connection()
    {
        using var client = await LineClient.ConnectAsync(_server);
        await client.SendAsync(new string('1', 201));
        Assert.Null(await client.ReadLineAsync());
    }
}
