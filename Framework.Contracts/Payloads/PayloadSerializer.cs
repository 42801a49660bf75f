using System.Buffers;

namespace UpgradeProtocols;

/// <summary>A serializer for payloads of one type. An instance is created once and must be safe for concurrent use.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
public abstract class PayloadSerializer<T>
{
    /// <summary>The kind of a message with this payload if the format has no envelope; text by default.</summary>
    public virtual MessageKind Kind => MessageKind.Text;

    /// <summary>Reads a payload.</summary>
    /// <param name="payload">The payload's bytes, valid only during the call.</param>
    /// <returns>The payload.</returns>
    /// <exception cref="PayloadException">The bytes don't have the payload's shape.</exception>
    public abstract T? Read(ReadOnlySpan<byte> payload);

    /// <summary>Writes a payload.</summary>
    /// <param name="output">The buffer to write to.</param>
    /// <param name="value">The payload.</param>
    public abstract void Write(IBufferWriter<byte> output, T value);
}
