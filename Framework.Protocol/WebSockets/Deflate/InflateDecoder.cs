namespace UpgradeProtocols;

/// <summary>
/// Decodes DEFLATE (RFC 1951) from input that arrives in pieces of any size. DeflateStream isn't suitable: it ends at a block with BFINAL,
/// whose window a WebSocket peer may still refer to (RFC 7692 §7.2.3.4), and it holds some 40 KiB between messages. The output is the
/// window; the kept part of earlier messages precedes it.
/// </summary>
/// <remarks>
/// A symbol that is cut off by the end of the input stays in the bits and is read again with more input: this needs few states.
/// </remarks>
internal sealed class InflateDecoder
{
    private const int MaxLiterals = 286;
    private const int MaxDistances = 30;
    private const int EndOfBlock = 256;

    // RFC 1951 §3.2.5: the base of each length and distance symbol, and the number of its extra bits. The bases are arrays because a span
    // of ushort allocates while the code isn't optimised yet.
    private static readonly ushort[] LengthBases =
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static readonly ushort[] DistanceBases =
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
        12289, 16385, 24577,
    ];

    private static readonly HuffmanTable FixedLiterals = BuildFixed(literals: true);
    private static readonly HuffmanTable FixedDistances = BuildFixed(literals: false);

    private readonly HuffmanTable _ownLiterals = new();
    private readonly HuffmanTable _ownDistances = new();
    private readonly byte[] _codeLengths = new byte[MaxLiterals + MaxDistances];

    private HuffmanTable _literals = FixedLiterals;
    private HuffmanTable _distances = FixedDistances;
    private State _state;
    private bool _isFinalBlock;
    private int _storedLeft;
    private int _literalCount;
    private int _distanceCount;
    private int _codeLengthCount;
    private int _index;
    private ulong _bits;
    private int _bitCount;

    private enum State
    {
        BlockHeader,
        StoredLength,
        StoredBytes,
        TableSizes,
        CodeLengthLengths,
        CodeLengths,
        Symbols,
    }

    private enum Progress
    {
        GoOn,
        NeedMore,
        Corrupt,
        TooLarge,
    }

    /// <summary>
    /// Whether a message may end here. It may end at the length of a stored block, where the sender has cut off the rest of its empty block
    /// (RFC 7692 §7.2.1). It may also end with a block that fills its last byte: a final block, or a flush that wasn't cut off.
    /// </summary>
    public bool MayEndHere => _bitCount == 0 && _state is (State.StoredLength or State.BlockHeader);

    private static ReadOnlySpan<byte> LengthExtraBits =>
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<byte> DistanceExtraBits =>
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    // RFC 1951 §3.2.7: the least used lengths come last, and may be left out.
    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>Prepares for a new message, also after one that wasn't read to its end.</summary>
    public void Reset()
    {
        _state = State.BlockHeader;
        _bits = 0;
        _bitCount = 0;
    }

    /// <summary>Consumes all of the input and appends the decoded bytes to the output, up to the total limit.</summary>
    public InflateResult Decode(ReadOnlySpan<byte> input, MessageBuffer output, ReadOnlySpan<byte> history, int limit)
    {
        var bits = new InflateBits(input, _bits, _bitCount);
        Progress progress;
        do
        {
            progress = _state switch
            {
                State.BlockHeader => ReadBlockHeader(ref bits),
                State.StoredLength => ReadStoredLength(ref bits),
                State.StoredBytes => ReadStoredBytes(ref bits, output, limit),
                State.TableSizes => ReadTableSizes(ref bits),
                State.CodeLengthLengths => ReadCodeLengthLengths(ref bits),
                State.CodeLengths => ReadCodeLengths(ref bits),
                _ => ReadSymbols(ref bits, output, history, limit),
            };
        }
        while (progress == Progress.GoOn);

        _bits = bits.Bits;
        _bitCount = bits.Count;
        return progress switch
        {
            Progress.Corrupt => InflateResult.Corrupt,
            Progress.TooLarge => InflateResult.TooLarge,
            _ => InflateResult.Done,
        };
    }

    private static HuffmanTable BuildFixed(bool literals)
    {
        // RFC 1951 §3.2.6. Two literal and two distance symbols have codes but no meaning.
        var lengths = new byte[literals ? 288 : 32];
        lengths.AsSpan().Fill((byte)(literals ? 8 : 5));
        if (literals)
        {
            lengths.AsSpan(144, 112).Fill(9);
            lengths.AsSpan(256, 24).Fill(7);
        }

        var table = new HuffmanTable();
        table.TryBuild(lengths, mayBeIncomplete: false);
        return table;
    }

    private Progress ReadBlockHeader(ref InflateBits bits)
    {
        if (!bits.TryTake(3, out var header))
        {
            return Progress.NeedMore;
        }

        _isFinalBlock = (header & 1) != 0;
        switch (header >> 1)
        {
            case 0:
                bits.SkipToByte();
                _state = State.StoredLength;
                return Progress.GoOn;
            case 1:
                (_literals, _distances) = (FixedLiterals, FixedDistances);
                _state = State.Symbols;
                return Progress.GoOn;
            case 2:
                _state = State.TableSizes;
                return Progress.GoOn;
            default:
                return Progress.Corrupt;
        }
    }

    private Progress EndBlock(ref InflateBits bits)
    {
        // A new stream follows a final block, at a byte boundary (RFC 7692 §7.2.3.4).
        if (_isFinalBlock)
        {
            bits.SkipToByte();
        }

        _state = State.BlockHeader;
        return Progress.GoOn;
    }

    private Progress ReadStoredLength(ref InflateBits bits)
    {
        bits.Refill();
        if (bits.Count < 32)
        {
            return Progress.NeedMore;
        }

        var length = (ushort)bits.Bits;
        var complement = (ushort)(bits.Bits >> 16);
        bits.Skip(32);
        _storedLeft = length;
        _state = State.StoredBytes;
        return length == (ushort)~complement ? Progress.GoOn : Progress.Corrupt;
    }

    private Progress ReadStoredBytes(ref InflateBits bits, MessageBuffer output, int limit)
    {
        if (_storedLeft > limit - output.Length)
        {
            return Progress.TooLarge;
        }

        // Memory is requested in small pieces: a block that announces 64 KiB and brings nothing costs nothing.
        while (_storedLeft > 0)
        {
            var room = output.GetSpan(1);
            var taken = bits.TakeBytes(room[..Math.Min(room.Length, _storedLeft)]);
            output.Advance(taken);
            _storedLeft -= taken;
            if (taken == 0)
            {
                return Progress.NeedMore;
            }
        }

        return EndBlock(ref bits);
    }

    private Progress ReadTableSizes(ref InflateBits bits)
    {
        if (!bits.TryTake(14, out var sizes))
        {
            return Progress.NeedMore;
        }

        _literalCount = 257 + (sizes & 31);
        _distanceCount = 1 + ((sizes >> 5) & 31);
        _codeLengthCount = 4 + (sizes >> 10);
        _index = 0;
        _codeLengths.AsSpan(0, CodeLengthOrder.Length).Clear();
        _state = State.CodeLengthLengths;
        return _literalCount > MaxLiterals || _distanceCount > MaxDistances ? Progress.Corrupt : Progress.GoOn;
    }

    private Progress ReadCodeLengthLengths(ref InflateBits bits)
    {
        for (; _index < _codeLengthCount; _index++)
        {
            if (!bits.TryTake(3, out var length))
            {
                return Progress.NeedMore;
            }

            _codeLengths[CodeLengthOrder[_index]] = (byte)length;
        }

        // The code of the code lengths is needed only until the literals' table is built.
        _index = 0;
        _state = State.CodeLengths;
        return _ownLiterals.TryBuild(_codeLengths.AsSpan(0, CodeLengthOrder.Length), mayBeIncomplete: false)
            ? Progress.GoOn
            : Progress.Corrupt;
    }

    private Progress ReadCodeLengths(ref InflateBits bits)
    {
        var total = _literalCount + _distanceCount;
        while (_index < total)
        {
            bits.Refill();
            var entry = _ownLiterals.Peek(bits.Bits);
            var symbol = entry >> 4;
            var codeLength = entry & 15;
            var (extraBits, fewest) = symbol switch { 16 => (2, 3), 17 => (3, 3), 18 => (7, 11), _ => (0, 1) };
            if (codeLength + extraBits > bits.Count)
            {
                return Progress.NeedMore;
            }

            var repeat = fewest + ((int)(bits.Bits >> codeLength) & ((1 << extraBits) - 1));
            bits.Skip(codeLength + extraBits);
            if (symbol > 18 || repeat > total - _index || (symbol == 16 && _index == 0))
            {
                return Progress.Corrupt;
            }

            var length = symbol < 16 ? (byte)symbol : symbol == 16 ? _codeLengths[_index - 1] : (byte)0;
            _codeLengths.AsSpan(_index, repeat).Fill(length);
            _index += repeat;
        }

        return BuildOwnTables();
    }

    private Progress BuildOwnTables()
    {
        (_literals, _distances) = (_ownLiterals, _ownDistances);
        _state = State.Symbols;
        return _codeLengths[EndOfBlock] != 0
            && _ownLiterals.TryBuild(_codeLengths.AsSpan(0, _literalCount), mayBeIncomplete: true)
            && _ownDistances.TryBuild(_codeLengths.AsSpan(_literalCount, _distanceCount), mayBeIncomplete: true)
            ? Progress.GoOn
            : Progress.Corrupt;
    }

    private Progress ReadSymbols(ref InflateBits bits, MessageBuffer output, ReadOnlySpan<byte> history, int limit)
    {
        var window = new InflateWindow(output, history, limit);
        var progress = Progress.GoOn;
        while (progress == Progress.GoOn && _state == State.Symbols)
        {
            bits.Refill();
            var entry = _literals.Peek(bits.Bits);
            var symbol = entry >> 4;
            var codeLength = entry & 15;
            if (codeLength > bits.Count)
            {
                progress = Progress.NeedMore;
            }
            else if (symbol < EndOfBlock)
            {
                bits.Skip(codeLength);
                progress = window.TryAdd((byte)symbol) ? Progress.GoOn : Progress.TooLarge;
            }
            else if (symbol == EndOfBlock)
            {
                bits.Skip(codeLength);
                progress = EndBlock(ref bits);
            }
            else
            {
                progress = ReadMatch(ref bits, symbol - EndOfBlock - 1, codeLength, ref window);
            }
        }

        window.Commit();
        return progress;
    }

    /// <summary>
    /// A match has at most 15 + 5 bits of length and 15 + 13 of distance: less than a refill provides, so one check is enough.
    /// </summary>
    private Progress ReadMatch(ref InflateBits bits, int lengthIndex, int used, ref InflateWindow window)
    {
        if (lengthIndex >= LengthBases.Length)
        {
            return Progress.Corrupt;
        }

        var lengthBits = LengthExtraBits[lengthIndex];
        var length = LengthBases[lengthIndex] + ((int)(bits.Bits >> used) & ((1 << lengthBits) - 1));
        used += lengthBits;

        var entry = _distances.Peek(bits.Bits >> used);
        var distanceIndex = entry >> 4;
        used += entry & 15;
        if (distanceIndex >= DistanceBases.Length)
        {
            return used > bits.Count ? Progress.NeedMore : Progress.Corrupt;
        }

        var distanceBits = DistanceExtraBits[distanceIndex];
        var distance = DistanceBases[distanceIndex] + ((int)(bits.Bits >> used) & ((1 << distanceBits) - 1));
        used += distanceBits;
        if (used > bits.Count)
        {
            return Progress.NeedMore;
        }

        bits.Skip(used);
        if (!window.Reaches(distance))
        {
            return Progress.Corrupt;
        }

        return window.TryRepeat(distance, length) ? Progress.GoOn : Progress.TooLarge;
    }
}
