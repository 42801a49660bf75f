namespace UpgradeProtocols;

/// <summary>A message as its format reads it: slices of the received frame, valid while it is handled.</summary>
public ref struct MessageEnvelope
{
    /// <summary>The kind of the message.</summary>
    public EnvelopeKind Kind { get; set; }

    /// <summary>The message's name in UTF-8, unescaped; empty where the format has none.</summary>
    public ReadOnlySpan<byte> Name { get; set; }

    /// <summary>The message's numeric tag, in formats that have them.</summary>
    public int Tag { get; set; }

    /// <summary>The id exactly as the peer wrote it, to be given back unchanged; empty where it gave none.</summary>
    public ReadOnlySpan<byte> Id { get; set; }

    /// <summary>The payload, of an error its data; empty where there is none.</summary>
    public ReadOnlySpan<byte> Payload { get; set; }

    /// <summary>For <see cref="EnvelopeKind.Error"/>: the peer's code.</summary>
    public string? ErrorCode { get; set; }

    /// <summary>For <see cref="EnvelopeKind.Error"/>: the peer's message.</summary>
    public string? ErrorMessage { get; set; }

    /// <summary>When the message can't be read: what is wrong with it, for the peer's developer.</summary>
    public string? Problem { get; set; }

    /// <summary>When the message can't be read: whether it isn't even of the syntax that the format is written in.</summary>
    public bool IsMalformed { get; set; }
}
