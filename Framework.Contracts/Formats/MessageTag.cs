namespace UpgradeProtocols;

/// <summary>
/// The numeric tag of a message, as a parameter of a method: an <c>[AnyMessage]</c> method takes messages of many tags. It comes from the
/// peer.
/// </summary>
/// <param name="Value">The tag; 0 in formats without tags.</param>
public readonly record struct MessageTag(int Value)
{
    /// <summary>The tag; 0 in formats without tags.</summary>
    public int Value { get; } = Value;

    /// <summary>The tag as a number.</summary>
    /// <param name="tag">The tag.</param>
    public static implicit operator int(MessageTag tag) => tag.Value;

    /// <summary>The tag as a number; the same as the conversion.</summary>
    /// <returns>The tag.</returns>
    public int ToInt32() => Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
