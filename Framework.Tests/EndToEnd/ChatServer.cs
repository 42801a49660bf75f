namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>One Chat server for the tests of a class; each test has rooms of its own.</summary>
public class ChatServer : IAsyncLifetime
{
    /// <summary>The chat server's arguments for the transport.</summary>
    internal static readonly string[] EpollArguments = ["--epoll", "true"];

    private int _rooms;

    internal ExampleServer Server { get; private set; } = null!;

    private protected virtual string[] Arguments => [];

    public async ValueTask InitializeAsync() => Server = await ExampleServer.StartAsync("Chat", arguments: Arguments);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal string NewRoom() => $"room-{Interlocked.Increment(ref _rooms)}";

    internal Task<ChatClient> ConnectAsync(string protocol = "chat.v2") => ChatClient.ConnectAsync(Server, protocol);

    /// <summary>A client of version 2 in a room. The earlier members were notified.</summary>
    internal async Task<ChatClient> JoinAsync(string room, string name, params ChatClient[] others)
    {
        var client = await ConnectAsync();
        await client.SendAsync($$$"""{"type":"join","id":"join","data":{"room":"{{{room}}}","name":"{{{name}}}"}}""");
        Assert.Equal("reply", (string?)(await client.ReceiveAsync())["type"]);
        foreach (var other in others)
        {
            await other.ExpectAsync($$$"""{"type":"joined","data":{"room":"{{{room}}}","name":"{{{name}}}"}}""");
        }

        return client;
    }

    /// <summary>The same on the epoll transport.</summary>
    public sealed class OnEpoll : ChatServer
    {
        private protected override string[] Arguments => EpollArguments;
    }
}
