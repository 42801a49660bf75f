namespace UpgradeProtocols;

/// <summary>
/// A scratch buffer that grows in arrays of the shared pool, for data that arrives in pieces. It holds no array before the first append and
/// after <see cref="Release"/>, so an idle connection may keep the object.
/// </summary>
internal sealed class PooledBuffer<T>
    where T : unmanaged
{
    private T[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<T> Written => _array.AsSpan(0, Length);

    public void Append(ReadOnlySpan<T> items)
    {
        EnsureFree(items.Length);
        items.CopyTo(_array.AsSpan(Length));
        Length += items.Length;
    }

    public void Add(T item) => Append(new ReadOnlySpan<T>(in item));

    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    public T[] ToArray() => Written.ToArray();

    public void Release()
    {
        if (_array.Length > 0)
        {
            BufferPool<T>.Shared.Return(_array);
        }

        _array = [];
        Length = 0;
    }

    private void EnsureFree(int count)
    {
        if (_array.Length - Length >= count)
        {
            return;
        }

        // Doubling keeps the copying linear in the appended size.
        var larger = BufferPool<T>.Shared.Rent(Math.Max(Length + count, Math.Max(16, _array.Length * 2)));
        Written.CopyTo(larger);
        var length = Length;
        Release();
        _array = larger;
        Length = length;
    }
}
