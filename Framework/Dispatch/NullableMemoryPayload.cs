using System.Buffers;
using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>Serializes a reply that is raw bytes or no payload.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class NullableMemoryPayload : PayloadSerializer<ReadOnlyMemory<byte>?>
{
    private NullableMemoryPayload()
    {
    }

    /// <summary>The serializer.</summary>
    public static NullableMemoryPayload Instance { get; } = new();

    /// <inheritdoc/>
    public override MessageKind Kind => MessageKind.Binary;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte>? Read(ReadOnlySpan<byte> payload) => payload.ToArray();

    /// <inheritdoc/>
    public override void Write(IBufferWriter<byte> output, ReadOnlyMemory<byte>? value) => MemoryPayload.Instance.Write(output, value.GetValueOrDefault());
}
