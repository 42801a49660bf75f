using System.Buffers;
using MessagePack;
using UpgradeProtocols;

namespace Sensors;

/// <summary>A custom codec for MessagePack payloads.</summary>
[PayloadCodec(MessageKind.Binary)]
internal sealed class Codec : IPayloadCodec
{
    // Untrusted input may cause hash collisions or nest deeply.
    private static readonly MessagePackSerializerOptions s_options =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);

    public PayloadSerializer<T> GetSerializer<T>() => new Serializer<T>();

    public void WriteObject(IBufferWriter<byte> output, object value) => MessagePackSerializer.Serialize(value.GetType(), output, value, s_options);

    private sealed class Serializer<T> : PayloadSerializer<T>
    {
        public override MessageKind Kind => MessageKind.Binary;

        public override T? Read(ReadOnlySpan<byte> payload)
        {
            // The payload is in the connection's buffer, but this library needs its own memory to read from.
            var buffer = ArrayPool<byte>.Shared.Rent(payload.Length);
            try
            {
                payload.CopyTo(buffer);
                var value = MessagePackSerializer.Deserialize<T>(buffer.AsMemory(0, payload.Length), s_options, out var read);
                return read == payload.Length ? value : throw new PayloadException("Bytes follow the payload.");
            }
            catch (MessagePackSerializationException e)
            {
                throw new PayloadException("The payload doesn't have the message's shape.", e);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        public override void Write(IBufferWriter<byte> output, T value) => MessagePackSerializer.Serialize(output, value, s_options);
    }
}
