using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>Payloads in JSON with web naming, by reflection: for protocols that name no <c>JsonContext</c>. Not for trimmed programs.</summary>
[RequiresUnreferencedCode("Payloads without a JsonContext are read by reflection. Name a JsonSerializerContext in [UpgradeProtocol(JsonContext = …)].")]
[RequiresDynamicCode("Payloads without a JsonContext are read by reflection. Name a JsonSerializerContext in [UpgradeProtocol(JsonContext = …)].")]
public sealed class ReflectionJsonCodec : IPayloadCodec
{
    /// <inheritdoc/>
    public PayloadSerializer<T> GetSerializer<T>() =>
        new JsonPayload<T>((JsonTypeInfo<T>)JsonSerializerOptions.Web.GetTypeInfo(typeof(T)));

    /// <inheritdoc/>
    public void WriteObject(IBufferWriter<byte> output, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, value, value.GetType(), JsonSerializerOptions.Web);
    }
}
