using System.Runtime.CompilerServices;

namespace UpgradeProtocols;

/// <summary>
/// A canonical Huffman code (RFC 1951 §3.2.2). Codes up to ten bits are looked up by the next ten bits of the input; longer codes, which
/// are rare, are searched length by length.
/// </summary>
internal sealed class HuffmanTable
{
    public const int MaxCodeLength = 15;

    /// <summary>The symbol of bits that are no code; a caller has no meaning for it.</summary>
    public const int InvalidSymbol = 0xFFF;

    private const int LookupBits = 10;
    private const int InvalidEntry = (InvalidSymbol << 4) | MaxCodeLength;

    // A symbol and, in the lowest four bits, its code's length; 0 if the code is longer than the look-up.
    private readonly ushort[] _lookup = new ushort[1 << LookupBits];
    private readonly ushort[] _symbolsInCodeOrder = new ushort[288];
    private readonly ushort[] _counts = new ushort[MaxCodeLength + 1];

    /// <summary>Returns the next symbol, and in the lowest four bits the length of its code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Peek(ulong bits)
    {
        int entry = _lookup[(int)bits & ((1 << LookupBits) - 1)];
        return entry != 0 ? entry : Search(bits);
    }

    /// <summary>
    /// Builds the code in which each symbol has a code of the given length, 0 for none. Returns false if the lengths need more codes than
    /// there are, or fewer. Exception, if allowed: there may be a single code of one bit, or no code.
    /// </summary>
    public bool TryBuild(ReadOnlySpan<byte> lengths, bool mayBeIncomplete)
    {
        _counts.AsSpan().Clear();
        foreach (var length in lengths)
        {
            _counts[length]++;
        }

        var used = lengths.Length - _counts[0];
        _counts[0] = 0;
        var unused = 1;
        for (var length = 1; length <= MaxCodeLength; length++)
        {
            unused = (2 * unused) - _counts[length];
            if (unused < 0)
            {
                return false;
            }
        }

        if (unused > 0 && !(mayBeIncomplete && used == _counts[1]))
        {
            return false;
        }

        Sort(lengths);
        FillLookup();
        return true;
    }

    private void Sort(ReadOnlySpan<byte> lengths)
    {
        Span<ushort> next = stackalloc ushort[MaxCodeLength + 1];
        for (var length = 1; length < MaxCodeLength; length++)
        {
            next[length + 1] = (ushort)(next[length] + _counts[length]);
        }

        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] != 0)
            {
                _symbolsInCodeOrder[next[lengths[symbol]]++] = (ushort)symbol;
            }
        }
    }

    /// <summary>
    /// The table doubles with each bit of length: an entry decided by fewer bits is valid for both values of the next bit.
    /// </summary>
    private void FillLookup()
    {
        _lookup[0] = 0;
        var code = 0;
        var index = 0;
        for (var length = 1; length <= LookupBits; length++)
        {
            var half = 1 << (length - 1);
            _lookup.AsSpan(0, half).CopyTo(_lookup.AsSpan(half));
            for (var end = index + _counts[length]; index < end; index++)
            {
                _lookup[code] = (ushort)((_symbolsInCodeOrder[index] << 4) | length);
                code = NextReversed(code, half);
            }
        }
    }

    /// <summary>
    /// Codes have their most significant bit first, all other values in DEFLATE the least significant: so the increment starts at the
    /// code's other end. An additional bit of length doesn't change a reversed code.
    /// </summary>
    private static int NextReversed(int code, int lastBit)
    {
        for (; (code & lastBit) != 0; lastBit >>= 1)
        {
            code ^= lastBit;
        }

        return code | lastBit;
    }

    private int Search(ulong bits)
    {
        var code = 0;
        var first = 0;
        var index = 0;
        for (var length = 1; length <= MaxCodeLength; length++, bits >>= 1)
        {
            code = (code << 1) | (int)(bits & 1);
            first <<= 1;
            int count = _counts[length];
            if (code - first < count)
            {
                return (_symbolsInCodeOrder[index + code - first] << 4) | length;
            }

            first += count;
            index += count;
        }

        return InvalidEntry;
    }
}
