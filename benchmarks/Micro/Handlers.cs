namespace UpgradeProtocols.Benchmarks;

[UpgradeProtocol(Path = "/echo")]
public sealed class EchoHandler
{
    [Message]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);
}

[UpgradeProtocol("sum.v1", Path = "/sum", JsonContext = typeof(SumJson))]
public sealed class SumHandler
{
    [Message("add")]
    public Sum Add(Terms terms) => new(terms.A + terms.B);
}

// Structs: what is allocated then is the framework's or the serializer's, not the payload's.
public readonly record struct Terms(int A, int B);

public readonly record struct Sum(int Value);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Terms))]
[JsonSerializable(typeof(Sum))]
public sealed partial class SumJson : JsonSerializerContext;
