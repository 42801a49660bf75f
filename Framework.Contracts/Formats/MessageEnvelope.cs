namespace UpgradeProtocols;

/// <summary>The parts of a message that a format has read: slices of the received frame, valid while the message is handled.</summary>
public ref struct MessageEnvelope
{
    /// <summary>The message's role: a call, a reply and so on.</summary>
    public EnvelopeKind Kind { get; set; }

    /// <summary>The message's name in UTF-8, unescaped; empty if the format has no names.</summary>
    public ReadOnlySpan<byte> Name { get; set; }

    /// <summary>The message's numeric tag, in formats that have tags.</summary>
    public int Tag { get; set; }

    /// <summary>The id exactly as the peer wrote it, because the reply echoes it unchanged; empty if there is none.</summary>
    public ReadOnlySpan<byte> Id { get; set; }

    /// <summary>The payload, or the data of an error; empty if there is none.</summary>
    public ReadOnlySpan<byte> Payload { get; set; }

    /// <summary>The peer's error code, for <see cref="EnvelopeKind.Error"/>.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>The peer's error message, for <see cref="EnvelopeKind.Error"/>.</summary>
    public string? ErrorMessage { get; set; }

    /// <summary>A description of the error for the peer's developer, if the message is invalid.</summary>
    public string? Problem { get; set; }

    /// <summary>Whether an invalid message violates even the format's underlying syntax, such as JSON.</summary>
    public bool IsMalformed { get; set; }
}
