using System.Net;
using System.Net.Sockets;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>Speaks lines over a TCP connection.</summary>
internal sealed class LineClient : IDisposable
{
    private readonly TcpClient _connection = new();
    private StreamReader _reader = null!;

    public Socket Socket => _connection.Client;

    public static async Task<LineClient> ConnectAsync(ExampleServer server, string protocol = "calc/1")
    {
        var client = new LineClient();
        await client._connection.ConnectAsync(IPAddress.Loopback, server.Port).WaitAsync(Patience.Limit);
        client._reader = new StreamReader(client._connection.GetStream());
        await client.SendAsync($"GET /calc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
        client.Head.Add((await client.ReadLineAsync())!);
        while (await client.ReadLineAsync() is { Length: > 0 } field)
        {
            client.Head.Add(field);
        }

        return client;
    }

    /// <summary>The lines of the answer's head.</summary>
    public List<string> Head { get; } = [];

    public async Task SendAsync(string text) =>
        await _connection.GetStream().WriteAsync(System.Text.Encoding.UTF8.GetBytes(text)).AsTask().WaitAsync(Patience.Limit);

    public Task<string?> ReadLineAsync() => _reader.ReadLineAsync().WaitAsync(Patience.Limit);

    public async Task<string?> AskAsync(string line)
    {
        await SendAsync(line + "\n");
        return await ReadLineAsync();
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _connection.Dispose();
    }
}
