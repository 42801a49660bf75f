using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>examples/Console: a shell over channels, and programs over raw connections, with half-close.</summary>
public sealed class ConsoleTests : IAsyncLifetime
{
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "The example runs sh.");
        _server = await ExampleServer.StartAsync("Console");
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;

    [Fact]
    public async Task A_shell_takes_input_and_answers_on_its_channels()
    {
        using var socket = await ExecAsync();
        await SendAsync(socket, 4, """{"Width":80,"Height":24}""");
        await SendAsync(socket, 0, "echo out; echo err >&2; exit 3\n");

        var seen = await UntilEndAsync(socket);

        Assert.Equal(("out\n", "err\n"), (seen[1], seen[2]));
        Assert.Equal(
            """{"status":"Failure","reason":"NonZeroExitCode","message":"The shell ended with 3.","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}""",
            seen[3]);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task The_close_signal_ends_the_input_and_the_rest_of_the_output_arrives()
    {
        using var socket = await ExecAsync();
        await SendAsync(socket, 0, "echo a; ");
        await SendAsync(socket, 0, "echo b");
        await SendAsync(socket, 255, "\0");

        var seen = await UntilEndAsync(socket);

        Assert.Equal(("a\nb\n", """{"status":"Success"}"""), (seen[1], seen[3]));
    }

    [Fact]
    public async Task More_output_than_any_queue_holds_arrives_whole()
    {
        using var socket = await ExecAsync();
        await SendAsync(socket, 0, "head -c 5000000 /dev/zero | tr '\\0' x; exit\n");

        var seen = await UntilEndAsync(socket);

        Assert.Equal(5_000_000, seen[1].Length);
    }

    [Theory]
    [InlineData(255, "\u0001", WebSocketCloseStatus.PolicyViolation)]
    [InlineData(9, "", (WebSocketCloseStatus)1003)]
    [InlineData(4, "{", (WebSocketCloseStatus)1007)]
    public async Task A_message_outside_the_protocol_closes_the_connection(byte channel, string payload, WebSocketCloseStatus status)
    {
        using var socket = await ExecAsync();
        await SendAsync(socket, channel, payload);

        await UntilEndAsync(socket);

        Assert.Equal(status, socket.CloseStatus);
    }

    [Fact]
    public async Task The_FIN_of_an_attached_client_ends_the_input_and_the_output_still_arrives()
    {
        using var client = await AttachAsync("sort");
        await client.WriteAsync("b\nc\na\n"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);

        var answer = await ReadAsync(client);

        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("Upgrade: tcp\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\na\nb\nc\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_ends_before_its_input_ends_the_connection()
    {
        using var client = await AttachAsync("shell");
        await client.WriteAsync("echo out; echo err >&2; exit\n"u8.ToArray());

        var answer = await ReadAsync(client);

        Assert.Contains("out\n", answer, StringComparison.Ordinal);
        Assert.Contains("err\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("sh%20-c%20id")]
    [InlineData("..%2Fsort")]
    public async Task Only_the_programs_of_the_list_can_be_attached_to(string id)
    {
        using var client = await AttachAsync(id);

        Assert.StartsWith("HTTP/1.1 404 ", await ReadAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_vanishes_takes_its_shell_with_it()
    {
        var socket = await ExecAsync();
        await SendAsync(socket, 0, "echo $$\n");
        var buffer = new byte[100];
        var result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience.Limit);
        var process = int.Parse(Encoding.ASCII.GetString(buffer, 1, result.Count - 1), System.Globalization.CultureInfo.InvariantCulture);
        using var shell = System.Diagnostics.Process.GetProcessById(process);

        socket.Abort();

        await shell.WaitForExitAsync().WaitAsync(Patience.Limit);
    }

    private async Task<ClientWebSocket> ExecAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        await socket.ConnectAsync(_server.WebSocketAddress("/exec"), CancellationToken.None).WaitAsync(Patience.Limit);
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, byte channel, string payload) => socket
        .SendAsync((byte[])[channel, .. Encoding.UTF8.GetBytes(payload)], WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None)
        .WaitAsync(Patience.Limit);

    /// <summary>The data of each channel until the server's Close.</summary>
    private static async Task<string[]> UntilEndAsync(ClientWebSocket socket)
    {
        var channels = Enumerable.Range(0, 256).Select(_ => new StringBuilder()).ToArray();
        var buffer = new byte[64 * 1024];
        var channel = -1;
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Patience.Limit);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return [.. channels.Select(text => text.ToString())];
            }

            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            var start = channel < 0 ? 1 : 0;
            channel = channel < 0 ? buffer[0] : channel;
            channels[channel].Append(Encoding.Latin1.GetString(buffer, start, result.Count - start));
            channel = result.EndOfMessage ? -1 : channel;
        }
    }

    private async Task<NetworkStream> AttachAsync(string id)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Port).WaitAsync(Patience.Limit);
        var client = new NetworkStream(socket, ownsSocket: true);
        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /containers/{id}/attach HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"));
        return client;
    }

    private static async Task<string> ReadAsync(NetworkStream client)
    {
        using var reader = new StreamReader(client, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(Patience.Limit);
    }
}
