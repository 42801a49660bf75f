using System.Net.Sockets;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T1")]
public class AddressTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ux").FullName;

    private string SocketPath => Path.Combine(_folder, "s");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Kestrel:Endpoints:Local:Url")]
    [InlineData("urls")]
    public async Task A_Unix_socket_works_like_TCP(string? key)
    {
        var url = $"http://unix:{SocketPath}";
        await using var host = key is null
            ? await TransportHost.StartAsync([url])
            : await TransportHost.StartAsync(configuration: new() { [key] = url });
        var client = await host.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.EndsWith(" http localhost", (await client.ResponseAsync()).Body, StringComparison.Ordinal);
        await client.OpenAsync("/echo");
        await client.TextAsync("over a file");
        Assert.Equal("over a file", await client.TextAsync());
    }

    [Fact]
    public async Task The_socket_file_is_deleted_when_the_server_has_stopped()
    {
        var host = await TransportHost.StartAsync([$"http://unix:{SocketPath}"]);
        Assert.True(File.Exists(SocketPath));
        await host.DisposeAsync();
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task A_socket_file_of_a_killed_process_is_replaced()
    {
        // Closing a socket deletes its file. A renamed file stays, as it does after a kill.
        var first = Path.Combine(_folder, "first");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(first));
            socket.Listen();
            File.Move(first, SocketPath);
        }

        Assert.True(File.Exists(SocketPath));
        await using var host = await TransportHost.StartAsync([$"http://unix:{SocketPath}"]);
        Assert.Contains(host.Logs.AboveDebug, entry => entry.Id == 19);
        var client = await host.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        await client.OpenAsync("/echo");
    }

    [Fact]
    public async Task A_running_server_keeps_its_socket_file()
    {
        await using var host = await TransportHost.StartAsync([$"http://unix:{SocketPath}"]);
        await Assert.ThrowsAnyAsync<IOException>(() => TransportHost.StartAsync([$"http://unix:{SocketPath}"]));
        var client = await host.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        await client.OpenAsync("/echo");
    }

    [Fact]
    public async Task A_file_that_is_not_a_socket_stays()
    {
        await File.WriteAllTextAsync(SocketPath, "precious", TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => TransportHost.StartAsync([$"http://unix:{SocketPath}"]));
        Assert.Equal("precious", await File.ReadAllTextAsync(SocketPath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_urls_of_the_configuration_replace_those_of_the_code()
    {
        await using var host = await TransportHost.StartAsync(
            [$"http://unix:{SocketPath}"], configuration: new() { ["Urls"] = "http://127.0.0.1:0; http://[::1]:0" });
        Assert.Equal(["127.0.0.1", "[::1]"], host.Addresses.Select(address => address.Host));
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public async Task Endpoints_of_the_configuration_replace_all_others()
    {
        await using var host = await TransportHost.StartAsync(
            [$"http://unix:{SocketPath}"],
            configuration: new() { ["Urls"] = "http://[::1]:0", ["Kestrel:Endpoints:A:Url"] = "http://127.0.0.1:0", ["Kestrel:Endpoints:B:Url"] = "http://127.0.0.1:0" });
        Assert.Equal(["127.0.0.1", "127.0.0.1"], host.Addresses.Select(address => address.Host));
        Assert.False(File.Exists(SocketPath));
    }

    [Theory]
    [InlineData("ws://127.0.0.1:0", "use http:// for ws://")]
    [InlineData("wss://127.0.0.1:0", "https:// for wss://")]
    [InlineData("http://127.0.0.1:0/chat", "has a path")]
    public async Task An_invalid_listen_address_is_explained(string url, string explanation)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TransportHost.StartAsync([url]));
        Assert.Contains(explanation, error.Message, StringComparison.Ordinal);
    }
}
