using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// The bytes of a message that arrives in pieces, in one pooled array. It grows with the received bytes, by doubling, never with the
/// announced size: a peer that announces 16 MiB and sends nothing costs nothing.
/// </summary>
internal sealed class MessageBuffer(ArrayPool<byte> pool)
{
    private const int SmallestArray = 256;

    private byte[] _array = [];
    private int _length;

    public int Length => _length;

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, _length);

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, _length);

    /// <summary>Gets a span of at least the given size for the next bytes; <see cref="Advance"/> then commits the written bytes.</summary>
    public Span<byte> GetSpan(int size)
    {
        if (size > _array.Length - _length)
        {
            Grow(size);
        }

        return _array.AsSpan(_length);
    }

    /// <summary>
    /// Gets the whole array, with the written bytes first, for decoders that refer back to them. At least the given size is free after
    /// them.
    /// </summary>
    public Span<byte> GetWhole(int size)
    {
        GetSpan(size);
        return _array;
    }

    public void Advance(int count) => _length += count;

    /// <summary>Discards the bytes and returns the array.</summary>
    public void Release()
    {
        if (_array.Length > 0)
        {
            pool.Return(_array);
            _array = [];
        }

        _length = 0;
    }

    private void Grow(int size)
    {
        var needed = checked(_length + size);
        var doubled = Math.Min(2L * _array.Length, Array.MaxLength);
        var larger = pool.Rent((int)Math.Max(Math.Max(needed, doubled), SmallestArray));
        Span.CopyTo(larger);
        if (_array.Length > 0)
        {
            pool.Return(_array);
        }

        _array = larger;
    }
}
