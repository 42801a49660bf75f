using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace UpgradeProtocols;

/// <summary>
/// Reads input bit by bit, the least significant first (RFC 1951 §3.1.1). The remaining bits can be continued with later.
/// </summary>
internal ref struct InflateBits(ReadOnlySpan<byte> input, ulong bits, int count)
{
    private ReadOnlySpan<byte> _rest = input;

    /// <summary>The next bits. Above <see cref="Count"/> there may be some of the following bits, never wrong ones.</summary>
    public ulong Bits { get; private set; } = bits;

    /// <summary>The number of valid bits: at least 56 after <see cref="Refill"/>, unless the input ends.</summary>
    public int Count { get; private set; } = count;

    public readonly bool IsEmpty => Count == 0 && _rest.IsEmpty;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Refill()
    {
        if (_rest.Length >= sizeof(ulong))
        {
            // All eight bytes are combined with the existing bits, and only those that fit are counted: combining a byte again changes
            // nothing.
            Bits |= BinaryPrimitives.ReadUInt64LittleEndian(_rest) << Count;
            _rest = _rest[((63 - Count) >> 3)..];
            Count |= 56;
        }
        else
        {
            RefillByBytes();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        Bits >>= count;
        Count -= count;
    }

    public bool TryTake(int count, out int value)
    {
        Refill();
        value = (int)Bits & ((1 << count) - 1);
        if (Count < count)
        {
            return false;
        }

        Skip(count);
        return true;
    }

    public void SkipToByte() => Skip(Count & 7);

    /// <summary>Takes whole bytes, after <see cref="SkipToByte"/>; returns their number.</summary>
    public int TakeBytes(Span<byte> destination)
    {
        var taken = 0;
        for (; Count > 0 && taken < destination.Length; taken++)
        {
            destination[taken] = (byte)Bits;
            Skip(8);
        }

        if (taken == destination.Length)
        {
            return taken;
        }

        // The bits above the counted ones would be combined with bytes other than their own.
        Bits = 0;
        var direct = Math.Min(destination.Length - taken, _rest.Length);
        _rest[..direct].CopyTo(destination[taken..]);
        _rest = _rest[direct..];
        return taken + direct;
    }

    private void RefillByBytes()
    {
        while (Count < 56 && !_rest.IsEmpty)
        {
            Bits |= (ulong)_rest[0] << Count;
            Count += 8;
            _rest = _rest[1..];
        }
    }
}
