namespace UpgradeProtocols;

/// <summary>What stands around the payload of a message to be written.</summary>
public readonly ref struct MessageHeader
{
    /// <summary>What the message is.</summary>
    public required EnvelopeKind Kind { get; init; }

    /// <summary>The message's name in UTF-8, for calls in formats with names.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The message's tag, for calls and replies in formats with numeric tags.</summary>
    public int Tag { get; init; }

    /// <summary>The id as it is to be written; empty where there is none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }
}
