namespace UpgradeProtocols;

/// <summary>
/// The name of a message, as a parameter of a method: an <c>[AnyMessage]</c> method takes messages of many names. It comes from the peer.
/// </summary>
/// <param name="Value">The name; empty in formats without names.</param>
public readonly record struct MessageName(string Value)
{
    /// <summary>The name; empty in formats without names.</summary>
    public string Value { get; } = Value;

    /// <summary>The name as text.</summary>
    /// <param name="name">The name.</param>
    public static implicit operator string(MessageName name) => name.ToString();

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";
}
