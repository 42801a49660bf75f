using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>
/// A codec for JSON payloads with web naming that uses reflection, for protocols without a <c>JsonContext</c>. It rejects null for
/// non-nullable members, and requires constructor parameters that have no default. Not for trimmed programs.
/// </summary>
[RequiresUnreferencedCode("Payloads without a JsonContext are read by reflection. Name a JsonSerializerContext in [UpgradeProtocol(JsonContext = …)].")]
[RequiresDynamicCode("Payloads without a JsonContext are read by reflection. Name a JsonSerializerContext in [UpgradeProtocol(JsonContext = …)].")]
public sealed class ReflectionJsonCodec : IPayloadCodec
{
    private static readonly JsonSerializerOptions s_options = MakeOptions();

    /// <inheritdoc/>
    public PayloadSerializer<T> GetSerializer<T>() =>
        new JsonPayload<T>((JsonTypeInfo<T>)s_options.GetTypeInfo(typeof(T)));

    /// <inheritdoc/>
    public void WriteObject(IBufferWriter<byte> output, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, value, value.GetType(), s_options);
    }

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
