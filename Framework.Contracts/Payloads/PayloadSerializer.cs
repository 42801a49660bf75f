using System.Buffers;

namespace UpgradeProtocols;

/// <summary>Reads and writes payloads of one type. An instance is made once and must be safe for use by many threads.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
public abstract class PayloadSerializer<T>
{
    /// <summary>The kind of message a payload makes where the format has no envelope; text by default.</summary>
    public virtual MessageKind Kind => MessageKind.Text;

    /// <summary>Reads a payload.</summary>
    /// <param name="payload">The payload's bytes, valid during the call.</param>
    /// <returns>The payload.</returns>
    /// <exception cref="PayloadException">The bytes don't have the payload's shape.</exception>
    public abstract T? Read(ReadOnlySpan<byte> payload);

    /// <summary>Writes a payload.</summary>
    /// <param name="output">The output.</param>
    /// <param name="value">The payload.</param>
    public abstract void Write(IBufferWriter<byte> output, T value);
}
