using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>A charge point that says just what a test tells it to.</summary>
internal sealed class ChargePointClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();

    public string? Subprotocol => _socket.SubProtocol;

    public static async Task<ChargePointClient> ConnectAsync(ExampleServer server, string id, string password, string subprotocol = "ocpp1.6")
    {
        var client = new ChargePointClient();
        client._socket.Options.AddSubProtocol(subprotocol);
        client._socket.Options.SetRequestHeader("Authorization", Basic(id, password));
        using var patience = new CancellationTokenSource(Patience.Limit);
        await client._socket.ConnectAsync(server.WebSocketAddress($"/ocpp/{id}"), patience.Token);
        return client;
    }

    public static string Basic(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    public async Task SendAsync(string message)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
    }

    public async Task<JsonArray> ReceiveAsync() =>
        JsonNode.Parse(await TryReceiveAsync() ?? throw new InvalidOperationException($"The server closed: {_socket.CloseStatus} {_socket.CloseStatusDescription}"))!.AsArray();

    public async Task<JsonArray> AskAsync(string message)
    {
        await SendAsync(message);
        return await ReceiveAsync();
    }

    public async Task ExpectCloseAsync(int code)
    {
        Assert.Null(await TryReceiveAsync());
        Assert.Equal(code, (int?)_socket.CloseStatus);
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return default;
    }

    private async Task<string?> TryReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            length += read.Count;
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (read.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }
}
