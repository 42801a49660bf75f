using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The platform's own WebSocket client, with JSON messages.</summary>
internal sealed class ChatClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static async Task<ChatClient> ConnectAsync(ExampleServer server, string protocol)
    {
        var client = new ChatClient();
        client._socket.Options.AddSubProtocol(protocol);
        using var patience = new CancellationTokenSource(Patience.Limit);
        await client._socket.ConnectAsync(server.WebSocketAddress("/chat"), patience.Token);
        Assert.Equal(protocol, client._socket.SubProtocol);
        return client;
    }

    public async Task SendAsync(string message)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
    }

    public async Task<JsonObject> ReceiveAsync()
    {
        var message = await TryReceiveAsync();
        Assert.True(message is not null, $"The server closed the connection: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
        return JsonNode.Parse(message)!.AsObject();
    }

    /// <summary>The next message must be this one. The order of its members is ignored.</summary>
    public async Task ExpectAsync(string expected)
    {
        var message = await ReceiveAsync();
        if (!JsonNode.DeepEquals(JsonNode.Parse(expected), message))
        {
            Assert.Fail($"Expected {expected}\n but got {message.ToJsonString()}");
        }
    }

    /// <summary>The next message must be an error with this code.</summary>
    public async Task ExpectErrorAsync(JsonNode id, string code)
    {
        var message = await ReceiveAsync();
        Assert.Equal(("error", id.ToJsonString(), code), ((string?)message["type"], message["id"]?.ToJsonString(), (string?)message["code"]));
        Assert.NotEmpty((string?)message["message"] ?? "");
    }

    /// <summary>The server must close the connection now.</summary>
    public async Task ExpectCloseAsync(WebSocketCloseStatus status)
    {
        Assert.Null(await TryReceiveAsync());
        Assert.Equal(status, _socket.CloseStatus);
    }

    /// <summary>Answers the server's Close.</summary>
    public async Task AnswerCloseAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    public async Task CloseAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    /// <summary>Vanishes without a Close.</summary>
    public void Abort() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private async Task<string?> TryReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        using var message = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                Assert.Equal(WebSocketMessageType.Text, read.MessageType);
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }
}
