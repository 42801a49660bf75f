namespace UpgradeProtocols;

/// <summary>The parts of an outgoing message other than its payload.</summary>
public readonly ref struct MessageHeader
{
    /// <summary>The kind of the message.</summary>
    public required EnvelopeKind Kind { get; init; }

    /// <summary>The message's name in UTF-8, for calls in formats with names.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The message's tag, for calls and replies in formats with numeric tags.</summary>
    public int Tag { get; init; }

    /// <summary>The id in the encoding of the format; empty if there is none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }
}
