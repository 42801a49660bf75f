namespace UpgradeProtocols;

/// <summary>The position of one field line in its head's bytes: the name, followed directly by the trimmed value.</summary>
internal readonly record struct FieldRange(int Start, int NameLength, int ValueLength)
{
    public ReadOnlySpan<byte> Name(ReadOnlySpan<byte> head) => head.Slice(Start, NameLength);

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> head) => head.Slice(Start + NameLength, ValueLength);
}
