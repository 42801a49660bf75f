using System.Buffers;
using System.Text;

namespace UpgradeProtocols;

/// <summary>A serializer for payloads that are UTF-8 text.</summary>
public sealed class TextPayload : PayloadSerializer<string>
{
    private TextPayload()
    {
    }

    /// <summary>The shared instance.</summary>
    public static TextPayload Instance { get; } = new();

    /// <inheritdoc/>
    public override MessageKind Kind => MessageKind.Text;

    /// <inheritdoc/>
    public override string Read(ReadOnlySpan<byte> payload) => Encoding.UTF8.GetString(payload);

    /// <inheritdoc/>
    public override void Write(IBufferWriter<byte> output, string value) => Encoding.UTF8.GetBytes(value, output);
}

/// <summary>A serializer for payloads that are unencoded bytes.</summary>
public sealed class BytesPayload : PayloadSerializer<byte[]>
{
    private BytesPayload()
    {
    }

    /// <summary>The shared instance.</summary>
    public static BytesPayload Instance { get; } = new();

    /// <inheritdoc/>
    public override MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public override byte[] Read(ReadOnlySpan<byte> payload) => payload.ToArray();

    /// <inheritdoc/>
    public override void Write(IBufferWriter<byte> output, byte[] value) => output.Write(value);
}

/// <summary>A serializer for payloads that are unencoded bytes in a <see cref="ReadOnlyMemory{T}"/>. Reading copies the bytes.</summary>
public sealed class MemoryPayload : PayloadSerializer<ReadOnlyMemory<byte>>
{
    private MemoryPayload()
    {
    }

    /// <summary>The shared instance.</summary>
    public static MemoryPayload Instance { get; } = new();

    /// <inheritdoc/>
    public override MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Read(ReadOnlySpan<byte> payload) => payload.ToArray();

    /// <inheritdoc/>
    public override void Write(IBufferWriter<byte> output, ReadOnlyMemory<byte> value) => output.Write(value.Span);
}
