namespace UpgradeProtocols;

/// <summary>The values of an envelope that a format writes around a payload.</summary>
public readonly ref struct MessageHeader
{
    /// <summary>The message's role: a call, a reply and so on.</summary>
    public required EnvelopeKind Kind { get; init; }

    /// <summary>The message's name in UTF-8, for calls in formats with names.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The message's tag, for calls and replies in formats with numeric tags.</summary>
    public int Tag { get; init; }

    /// <summary>The id in the envelope's syntax; empty if there is none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }
}
