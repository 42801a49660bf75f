using System.Net.WebSockets;
using System.Text;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>.NET's own WebSocket client, over either version of HTTP.</summary>
internal sealed class HostedClient : IAsyncDisposable
{
    private readonly SocketsHttpHandler _handler = new();
    private readonly byte[] _buffer = new byte[1 << 20];

    public ClientWebSocket Socket { get; } = new();

    public string? Subprotocol => Socket.SubProtocol;

    public static async Task<HostedClient> ConnectAsync(HostedServer server, string path, string[] subprotocols, Action<ClientWebSocketOptions>? options = null)
    {
        var client = new HostedClient();
        try
        {
            await client.OpenAsync(server, path, subprotocols, options);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>The status that an upgrade is refused with.</summary>
    public static async Task<int> RefusedAsync(HostedServer server, string path, string[] subprotocols, Action<ClientWebSocketOptions>? options = null)
    {
        await using var client = new HostedClient();
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        await Assert.ThrowsAsync<WebSocketException>(() => client.OpenAsync(server, path, subprotocols, options));
        return (int)client.Socket.HttpStatusCode;
    }

    private async Task OpenAsync(HostedServer server, string path, string[] subprotocols, Action<ClientWebSocketOptions>? options)
    {
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        foreach (var subprotocol in subprotocols)
        {
            Socket.Options.AddSubProtocol(subprotocol);
        }

        Socket.Options.CollectHttpResponseDetails = true;
        Socket.Options.HttpVersion = server.Version;
        Socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        options?.Invoke(Socket.Options);
        using var patience = new CancellationTokenSource(Patience.Limit);
        using var invoker = new HttpMessageInvoker(_handler, disposeHandler: false);
        await Socket.ConnectAsync(new Uri(server.Address, path), invoker, patience.Token);
    }

    public async Task SendAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await Socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, patience.Token);
    }

    public async Task<string> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        var length = 0;
        while (true)
        {
            var result = await Socket.ReceiveAsync(_buffer.AsMemory(length), patience.Token);
            Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
            length += result.Count;
            if (result.EndOfMessage)
            {
                return Encoding.UTF8.GetString(_buffer, 0, length);
            }
        }
    }

    /// <summary>Reads until the server's Close, and answers it.</summary>
    public async Task<(int? Code, string? Reason)> ClosedAsync()
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while ((await Socket.ReceiveAsync(_buffer.AsMemory(), patience.Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        var (code, reason) = ((int?)Socket.CloseStatus, Socket.CloseStatusDescription);
        await Socket.CloseOutputAsync((WebSocketCloseStatus)code!, null, patience.Token);
        return (code, reason);
    }

    public async Task CloseAsync(int code, string reason)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        await Socket.CloseAsync((WebSocketCloseStatus)code, reason, patience.Token);
    }

    public ValueTask DisposeAsync()
    {
        Socket.Abort();
        Socket.Dispose();
        _handler.Dispose();
        return default;
    }
}
