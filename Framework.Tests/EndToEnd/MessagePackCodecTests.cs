using System.Net.WebSockets;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>examples/MessagePackCodec, byte by byte.</summary>
public sealed class MessagePackCodecTests : IAsyncLifetime
{
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("MessagePackCodec");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Readings_are_answered_by_their_mean_in_MessagePack()
    {
        using var sensor = await ConnectAsync();
        await SendAsync(sensor, "92A161CB4034000000000000");
        Assert.Equal("Binary 93A16101CB4034000000000000", await ReceiveAsync(sensor));

        // 30 as an integer, in a map's place an array, in the shortest form: the library takes what means the same.
        await SendAsync(sensor, "92A1611E");
        Assert.Equal("Binary 93A16102CB4039000000000000", await ReceiveAsync(sensor));
    }

    [Fact]
    public async Task A_push_goes_to_all_in_MessagePack()
    {
        using var sensor = await ConnectAsync();
        using var other = await ConnectAsync();
        await SendAsync(other, "92A16201");
        Assert.Equal("Binary 93A16201CB3FF0000000000000", await ReceiveAsync(other));
        await SendAsync(sensor, "92A16164");
        Assert.Equal("Binary 92A161CB4059000000000000", await ReceiveAsync(sensor));
        Assert.Equal("Binary 93A16101CB4059000000000000", await ReceiveAsync(sensor));
        Assert.Equal("Binary 92A161CB4059000000000000", await ReceiveAsync(other));
    }

    [Theory]
    [InlineData("C1", WebSocketMessageType.Binary, 1007)]
    [InlineData("", WebSocketMessageType.Binary, 1007)]
    [InlineData("92A161", WebSocketMessageType.Binary, 1007)]
    [InlineData("92A161CB403400000000000000", WebSocketMessageType.Binary, 1007)]
    [InlineData("A0", WebSocketMessageType.Binary, 1007)]
    [InlineData("41", WebSocketMessageType.Text, 1003)]
    public async Task A_message_that_is_no_reading_closes_the_connection(string bytes, WebSocketMessageType type, int code)
    {
        using var sensor = await ConnectAsync();
        await SendAsync(sensor, bytes, type);
        Assert.Equal($"Close {code}", await ReceiveAsync(sensor));
    }

    private static async Task SendAsync(ClientWebSocket socket, string bytes, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await socket.SendAsync(Convert.FromHexString(bytes), type, endOfMessage: true, patience.Token);
    }

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        var buffer = new byte[1024];
        var read = await socket.ReceiveAsync(buffer, patience.Token);
        return read.MessageType == WebSocketMessageType.Close
            ? $"Close {(int?)socket.CloseStatus}"
            : $"{read.MessageType} {Convert.ToHexString(buffer, 0, read.Count)}";
    }

    private async Task<ClientWebSocket> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("sensors.v1");
        using var patience = new CancellationTokenSource(Patience.Limit);
        await socket.ConnectAsync(_server.WebSocketAddress("/sensors"), patience.Token);
        return socket;
    }
}
