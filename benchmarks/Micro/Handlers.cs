using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols.Benchmarks;

[UpgradeProtocol(Path = "/echo")]
public sealed class EchoHandler
{
    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);
}

[UpgradeProtocol("sum.v1", Path = "/sum", JsonContext = typeof(SumJson))]
[UpgradeProtocol("sum.rpc", Path = "/sum", JsonContext = typeof(SumJson), Format = typeof(JsonRpcMessageFormat))]
[UpgradeProtocol("sum.tags", Path = "/sum", JsonContext = typeof(SumJson), Format = typeof(ByteTagMessageFormat))]
public sealed class SumHandler
{
    [Message("add", Versions = ["sum.v1", "sum.rpc"])]
    public Sum Add([Payload] Terms terms) => new(terms.A + terms.B);

    [Message("sum", Versions = ["sum.rpc"])]
    public Sum AddParameters(int a, int b) => new(a + b);

    [Message(7, Versions = ["sum.tags"])]
    public Sum AddTagged(Terms terms) => new(terms.A + terms.B);
}

// Structs, so that only the framework or the serializer allocates, not the payload.
public readonly record struct Terms(int A, int B);

public readonly record struct Sum(int Value);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Terms))]
[JsonSerializable(typeof(Sum))]
public sealed partial class SumJson : JsonSerializerContext;
