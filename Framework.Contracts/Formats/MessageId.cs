namespace UpgradeProtocols;

/// <summary>
/// The id of a message, exactly as the peer wrote it: <c>7</c>, <c>"a"</c> with its quotes in the JSON formats. The default is the id of a
/// message without one. A <c>[Message]</c> method can take its message's id as a parameter of this type.
/// </summary>
/// <param name="Value">The id as text; empty if the message has none.</param>
public readonly record struct MessageId(string Value)
{
    /// <summary>The id as text; empty if the message has none.</summary>
    public string Value { get; } = Value;

    /// <summary>Whether the message has no id, so that the peer doesn't wait for a reply.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(Value);

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";
}
