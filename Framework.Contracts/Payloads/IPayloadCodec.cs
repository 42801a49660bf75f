using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols;

/// <summary>A factory of serializers for a protocol's payload types. The framework requests each serializer once and caches it.</summary>
public interface IPayloadCodec
{
    /// <summary>Creates the serializer of a payload type.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <returns>The serializer.</returns>
    /// <exception cref="InvalidOperationException">The codec doesn't support the type.</exception>
    PayloadSerializer<T> GetSerializer<T>();

    /// <summary>Writes a value by its runtime type: the data of a <see cref="MessageException"/>.</summary>
    /// <param name="output">The buffer to write to.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException">The codec doesn't support the type.</exception>
    void WriteObject(IBufferWriter<byte> output, object value);
}

/// <summary>A codec for JSON payloads that uses the metadata of a <see cref="JsonSerializerContext"/>.</summary>
/// <param name="context">The context that has the payload types.</param>
public sealed class JsonPayloadCodec(JsonSerializerContext context) : IPayloadCodec
{
    /// <inheritdoc/>
    public PayloadSerializer<T> GetSerializer<T>() => JsonPayload.For<T>(context);

    /// <inheritdoc/>
    public void WriteObject(IBufferWriter<byte> output, object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var info = context.GetTypeInfo(value.GetType())
            ?? throw new InvalidOperationException(
                $"{context.GetType()} doesn't know {value.GetType()}. Add [JsonSerializable(typeof({value.GetType().Name}))] to it.");
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = info.Options.Encoder });
        JsonSerializer.Serialize(writer, value, info);
    }
}
