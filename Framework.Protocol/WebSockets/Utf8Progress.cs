using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>
/// Strict UTF-8 validation of a text that arrives in pieces. An invalid byte is refused with the piece that contains it, even if its
/// character isn't complete yet (W5).
/// </summary>
internal struct Utf8Progress
{
    // The number of bytes that the current character still lacks, and the range of the next byte. Only the second byte of a character has a
    // narrower range than 80..BF: it excludes overlong forms, surrogates and values above U+10FFFF.
    private byte _missing;
    private byte _lowest;
    private byte _highest;

    /// <summary>Whether the text may end here.</summary>
    public readonly bool IsComplete => _missing == 0;

    /// <summary>Takes the next piece; returns false as soon as the text can't be the beginning of valid UTF-8.</summary>
    public bool Append(ReadOnlySpan<byte> bytes)
    {
        while (_missing > 0 && bytes.Length > 0)
        {
            if (!Step(bytes[0]))
            {
                return false;
            }

            bytes = bytes[1..];
        }

        var whole = bytes.Length - CutCharacterLength(bytes);
        if (!Utf8.IsValid(bytes[..whole]))
        {
            return false;
        }

        foreach (var b in bytes[whole..])
        {
            if (!Step(b))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The number of bytes at the end that belong to an incomplete character: 0 to 3.</summary>
    private static int CutCharacterLength(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= 3 && back <= bytes.Length; back++)
        {
            var b = bytes[^back];
            if (b is < 0x80 or >= 0xC0)
            {
                return CharacterLength(b) > back ? back : 0;
            }
        }

        return 0;
    }

    private static int CharacterLength(byte first) => first switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };

    private bool Step(byte b)
    {
        if (_missing == 0)
        {
            return Begin(b);
        }

        if (b < _lowest || b > _highest)
        {
            return false;
        }

        _missing--;
        (_lowest, _highest) = (0x80, 0xBF);
        return true;
    }

    /// <summary>The first byte of a character determines its length and the range of its second byte (Unicode, table 3-7).</summary>
    private bool Begin(byte b)
    {
        (var valid, _missing, _lowest, _highest) = b switch
        {
            < 0x80 => (true, (byte)0, (byte)0, (byte)0),
            < 0xC2 => (false, (byte)0, (byte)0, (byte)0),
            < 0xE0 => (true, (byte)1, (byte)0x80, (byte)0xBF),
            0xE0 => (true, (byte)2, (byte)0xA0, (byte)0xBF),
            0xED => (true, (byte)2, (byte)0x80, (byte)0x9F),
            < 0xF0 => (true, (byte)2, (byte)0x80, (byte)0xBF),
            0xF0 => (true, (byte)3, (byte)0x90, (byte)0xBF),
            < 0xF4 => (true, (byte)3, (byte)0x80, (byte)0xBF),
            0xF4 => (true, (byte)3, (byte)0x80, (byte)0x8F),
            _ => (false, (byte)0, (byte)0, (byte)0),
        };
        return valid;
    }
}
