using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols.Soak;

/// <summary>Sends each message back.</summary>
[UpgradeProtocol(Path = "/echo", Compression = true, MaxMessageSize = 1 << 20)]
internal sealed class EchoHandler(Lives lives)
{
    private readonly Life _life = new(lives);

    [OnConnected]
    public void Connected(UpgradeConnection connection) => _life.Begin(connection);

    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);

    [OnDisconnected]
    public void Disconnected(CloseInfo close) => _life.End(close);
}

/// <summary>Sends each tick to all connections in order, and closes connections that are too slow.</summary>
[UpgradeProtocol(Path = "/ticks", JsonContext = typeof(TickJson), Client = typeof(ITicks), SlowConsumer = SlowConsumerPolicy.Close)]
internal sealed class TickHandler(Lives lives)
{
    public const string Group = "ticks";

    private readonly Life _life = new(lives);

    [OnConnected]
    public ValueTask ConnectedAsync(UpgradeConnection connection)
    {
        _life.Begin(connection);
        return connection.JoinAsync(Group);
    }

    [Message("double")]
    public async Task<Tick> DoubleAsync(Tick tick)
    {
        await Task.Yield();
        return new Tick(2 * tick.Number);
    }

    [OnDisconnected]
    public void Disconnected(CloseInfo close) => _life.End(close);
}

[ClientContract]
internal interface ITicks
{
    [Message("tick")]
    ValueTask TickAsync(Tick tick);
}

internal sealed record Tick(long Number, string? Fill = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Tick))]
internal sealed partial class TickJson : JsonSerializerContext;

/// <summary>A raw line protocol.</summary>
[UpgradeProtocol("lines/1", Kind = UpgradeKind.Raw, Path = "/lines", Framing = typeof(LineFraming))]
internal sealed class LineHandler(Lives lives)
{
    private readonly Life _life = new(lives);

    [OnConnected]
    public void Connected(UpgradeConnection connection) => _life.Begin(connection);

    [AnyMessage]
    public string Back(string line) => line;

    [OnDisconnected]
    public void Disconnected(CloseInfo close) => _life.End(close);
}
