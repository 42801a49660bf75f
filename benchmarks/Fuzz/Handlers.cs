using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols.Fuzz;

/// <summary>Counts the handlers' connections. Records whether a method ran concurrently with its reader (may reorder replies).</summary>
internal sealed class Lives
{
    private int _connected;
    private int _disconnected;
    private volatile bool _hadAsync;

    public int Connected => Volatile.Read(ref _connected);

    public int Disconnected => Volatile.Read(ref _disconnected);

    public bool HadAsync => _hadAsync;

    public void Connect() => Interlocked.Increment(ref _connected);

    public void Disconnect() => Interlocked.Increment(ref _disconnected);

    public void RunAsync() => _hadAsync = true;
}

[UpgradeProtocol(Path = "/echo", Compression = true, MaxMessageSize = 4096)]
[UpgradeProtocol("echo.v1", Path = "/echo", Compression = true, MaxMessageSize = 4096)]
internal sealed class EchoHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}

/// <summary>Typed messages of every shape; some methods fail on purpose.</summary>
[UpgradeProtocol("sum.v1", Path = "/sum", JsonContext = typeof(SumJson), Default = true)]
internal sealed class SumHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [Message("add")]
    public Sum Add(Terms terms) => new(terms.A + terms.B);

    [Message("note")]
    public void Note(Sum sum)
    {
    }

    [Message("fail")]
    public Sum Fail(Terms terms) => throw new MessageException("bad_terms", $"{terms.A} and {terms.B} can't be added.");

    [Message("later")]
    public async Task<Sum> LaterAsync(Terms terms)
    {
        lives.RunAsync();
        await Task.Yield();
        return new Sum(terms.A + terms.B);
    }

    [Message("beside", Concurrent = true)]
    public async Task<Sum> BesideAsync(Terms terms)
    {
        lives.RunAsync();
        await Task.Yield();
        return new Sum(terms.A * terms.B);
    }

    [Message("count")]
    public async IAsyncEnumerable<Sum> CountAsync(Sum to)
    {
        lives.RunAsync();
        for (var i = 0; i < Math.Min(to.Value, 200); i++)
        {
            await Task.Yield();
            yield return new Sum(i);
        }
    }

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}

internal sealed record Terms(int A, int B, string? Text = null, double[]? More = null);

internal sealed record Sum(int Value);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Terms))]
[JsonSerializable(typeof(Sum))]
internal sealed partial class SumJson : JsonSerializerContext;

[UpgradeProtocol("lines/1", Kind = UpgradeKind.Raw, Path = "/raw", Methods = ["GET", "POST"], Framing = typeof(LineFraming), MaxMessageSize = 1024)]
internal sealed class LinesHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [AnyMessage]
    public string Back(string line) => line;

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}

[UpgradeProtocol("prefix/1", Kind = UpgradeKind.Raw, Path = "/raw", Framing = typeof(LengthPrefixedFraming), MaxMessageSize = 1024)]
internal sealed class PrefixHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [AnyMessage]
    public ValueTask<SendResult> BackAsync(ReadOnlyMemory<byte> message, UpgradeConnection connection) => connection.SendAsync(message.Span, MessageKind.Binary);

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}

[UpgradeProtocol("varint/1", Kind = UpgradeKind.Raw, Path = "/raw", Framing = typeof(VarintLengthPrefixedFraming), MaxMessageSize = 1024)]
internal sealed class VarintHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [AnyMessage]
    public ValueTask<SendResult> BackAsync(ReadOnlySpan<byte> message, UpgradeConnection connection) => connection.SendAsync(message, MessageKind.Binary);

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}

/// <summary>Owns the pipe.</summary>
[UpgradeProtocol("bytes/1", Kind = UpgradeKind.Raw, Path = "/raw", Methods = ["GET", "POST"])]
internal sealed class BytesHandler(Lives lives)
{
    [OnConnected]
    public void Connected() => lives.Connect();

    [OnUpgraded]
    public async Task RunAsync(IDuplexPipe pipe, UpgradeRequest request, CancellationToken cancellationToken)
    {
        await pipe.Output.WriteAsync(request.Body, cancellationToken);
        await pipe.Input.CopyToAsync(pipe.Output, cancellationToken);
    }

    [OnDisconnected]
    public void Disconnected() => lives.Disconnect();
}
