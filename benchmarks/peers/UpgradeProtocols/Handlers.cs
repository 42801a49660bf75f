using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;
using UpgradeProtocols;

namespace Peers;

/// <summary>Sends each message back unchanged.</summary>
[UpgradeProtocol(Path = "/echo", MaxMessageSize = 16 * 1024 * 1024)]
public sealed class EchoHandler
{
    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);
}

/// <summary>A typed request with a typed reply.</summary>
[UpgradeProtocol(Path = "/json", JsonContext = typeof(PeerJson))]
public sealed class SayHandler
{
    [Message("say")]
    public Said Say(Say say) => new(say.Room, say.Text);
}

/// <summary>The same with an await before each reply.</summary>
[UpgradeProtocol(Path = "/json-awaiting", JsonContext = typeof(PeerJson))]
public sealed class AwaitingHandler
{
    [Message("say")]
    public async ValueTask<Said> SayAsync(Say say)
    {
        await Task.Yield();
        return new(say.Room, say.Text);
    }
}

/// <summary>Sends each publication to all subscribers.</summary>
[UpgradeProtocol(Path = "/publish")]
public sealed class PublishHandler(IClients<ISubscriber> subscribers)
{
    [AnyMessage]
    public ValueTask PublishAsync(string text) => subscribers.Group("all").PublishedAsync(text);
}

/// <summary>Receives the publications.</summary>
[UpgradeProtocol(Path = "/subscribe", Client = typeof(ISubscriber))]
public sealed class SubscribeHandler
{
    [OnConnected]
    public ValueTask ConnectedAsync(UpgradeConnection connection) => connection.JoinAsync("all");

    [AnyMessage]
    public void Ignore(string text)
    {
    }
}

/// <summary>One of a thousand connections in groups that receive no publication, ten in each group.</summary>
[UpgradeProtocol(Path = "/crowd/{groups}")]
public sealed class CrowdHandler
{
    private const int Members = 10;
    private const int Connections = 1000;

    private static int s_connected;

    [OnConnected]
    public async ValueTask ConnectedAsync([FromRoute] int groups, UpgradeConnection connection)
    {
        for (var place = Interlocked.Increment(ref s_connected) - 1; place < groups * Members; place += Connections)
        {
            await connection.JoinAsync($"crowd {place / Members}");
        }
    }

    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);
}

[ClientContract]
public interface ISubscriber
{
    [Message]
    ValueTask PublishedAsync(string text);
}

public sealed record Say(string Room, string Text);

public sealed record Said(string Room, string Text);

[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class PeerJson : JsonSerializerContext;
