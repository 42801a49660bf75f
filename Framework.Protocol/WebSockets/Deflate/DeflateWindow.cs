namespace UpgradeProtocols;

/// <summary>The agreed window of the messages of one side (RFC 7692 §7.1.2).</summary>
/// <param name="HasContextTakeover">Whether a message may refer to earlier ones.</param>
/// <param name="Bits">The window's size as a power of two, 8 to 15.</param>
internal readonly record struct DeflateWindow(bool HasContextTakeover, int Bits)
{
    /// <summary>The window's size in bytes.</summary>
    public int Size => 1 << Bits;

    /// <summary>
    /// Whether the receiver can inflate a message that is compressed on its own with a 32 KiB window. No distance in it is longer than the
    /// message, so it fits a smaller window if the message does. .NET's deflater allows no other way (D2).
    /// </summary>
    public bool Fits(int messageLength) => Bits == DeflateAgreement.MaxWindowBits || messageLength <= Size;
}
