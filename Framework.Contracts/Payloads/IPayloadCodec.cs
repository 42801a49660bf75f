using System.Text.Json.Serialization;

namespace UpgradeProtocols;

/// <summary>Makes the serializers of a protocol's payload types. Each is asked for once and kept.</summary>
public interface IPayloadCodec
{
    /// <summary>Makes the serializer of a payload type.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <returns>The serializer.</returns>
    /// <exception cref="InvalidOperationException">The codec doesn't know the type.</exception>
    PayloadSerializer<T> GetSerializer<T>();
}

/// <summary>Payloads in JSON, by the metadata of a <see cref="JsonSerializerContext"/>.</summary>
/// <param name="context">The context that knows the payload types.</param>
public sealed class JsonPayloadCodec(JsonSerializerContext context) : IPayloadCodec
{
    /// <inheritdoc/>
    public PayloadSerializer<T> GetSerializer<T>() => JsonPayload.For<T>(context);
}
