using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace UpgradeProtocols.Fuzz;

/// <summary>
/// A pool that never rents an array twice, tracks the rented arrays, and overwrites returned ones, so that a use after the return
/// becomes visible.
/// </summary>
internal sealed class TrackingPool<T> : ArrayPool<T>
    where T : unmanaged
{
    private readonly ConcurrentDictionary<T[], byte> _out = new(ReferenceEqualityComparer.Instance);
    private readonly ConditionalWeakTable<T[], object> _ours = [];
    private int _returnedTwice;

    public int Out => _out.Count;

    /// <summary>The number of arrays that were returned more than once.</summary>
    public int ReturnedTwice => Volatile.Read(ref _returnedTwice);

    public override T[] Rent(int minimumLength)
    {
        var array = new T[minimumLength];
        _out.TryAdd(array, 0);
        _ours.Add(array, this);
        return array;
    }

    public override void Return(T[] array, bool clearArray = false)
    {
        if (_out.TryRemove(array, out _))
        {
            MemoryMarshal.AsBytes(array.AsSpan()).Fill(0xEE);
        }
        else if (_ours.TryGetValue(array, out _))
        {
            Interlocked.Increment(ref _returnedTwice);
        }
        else
        {
            // Rented before this pool replaced the other one.
            Shared.Return(array, clearArray);
        }
    }
}

/// <summary>The same pool for the memory of pipes.</summary>
internal sealed class TrackingMemoryPool(TrackingPool<byte> arrays) : MemoryPool<byte>
{
    private const int Block = 4096;

    public override int MaxBufferSize => 1 << 30;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Owner(arrays, Math.Max(minBufferSize, Block));

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Owner(TrackingPool<byte> arrays, int size) : IMemoryOwner<byte>
    {
        private readonly byte[] _array = arrays.Rent(size);

        public Memory<byte> Memory => _array;

        public void Dispose() => arrays.Return(_array);
    }
}
