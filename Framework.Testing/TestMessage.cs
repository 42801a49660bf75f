using System.Text;

namespace UpgradeProtocols.Testing;

/// <summary>A message that the server has sent.</summary>
public sealed class TestMessage
{
    internal TestMessage(TestProtocolFormat format, byte[] bytes, MessageKind kind)
    {
        Format = format;
        Bytes = bytes;
        Kind = kind;
        format.Read(this);
    }

    /// <summary>Its bytes, as they came.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether it is text or binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>Its role in the format: a call, which is a push or a request of the server, or an answer to a call of the client.</summary>
    public EnvelopeKind Envelope { get; internal set; }

    /// <summary>Its name; empty in formats without names.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>Its id as it stands in the message; empty where it has none.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>The code of an error reply.</summary>
    public string? ErrorCode { get; internal set; }

    /// <summary>The message of an error reply.</summary>
    public string? ErrorMessage { get; internal set; }

    /// <summary>It as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    internal TestProtocolFormat Format { get; }

    internal ReadOnlyMemory<byte> PayloadBytes { get; set; }

    /// <summary>Reads its payload.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <returns>The payload.</returns>
    public T Payload<T>() => Format.ReadPayload<T>(PayloadBytes.Span);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
