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

    /// <summary>The message's bytes as received.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The message's kind: text or binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>The message's role: a call, which is a push or a request of the server, or a reply to a request of the client.</summary>
    public EnvelopeKind Envelope { get; internal set; }

    /// <summary>The message's name; empty in formats without names.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The id exactly as it is in the message; empty if there is none.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>The code of an error reply.</summary>
    public string? ErrorCode { get; internal set; }

    /// <summary>The message of an error reply.</summary>
    public string? ErrorMessage { get; internal set; }

    /// <summary>The message as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    internal TestProtocolFormat Format { get; }

    internal ReadOnlyMemory<byte> PayloadBytes { get; set; }

    /// <summary>Deserializes the payload.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <returns>The payload.</returns>
    public T Payload<T>() => Format.ReadPayload<T>(PayloadBytes.Span);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
