using System.Buffers;
using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>A pool of blocks of one size. Blocks that a burst needed are kept until <see cref="Trim"/> finds them idle.</summary>
internal sealed class BlockStock(int blockSize) : IDisposable
{
    private readonly ConcurrentQueue<Block> _blocks = new();
    private int _kept;
    private int _leastKept;
    private int _lent;
    private bool _isDisposed;

    public int BlockSize => blockSize;

    /// <summary>The number of lent blocks.</summary>
    public int Lent => Volatile.Read(ref _lent);

    public IMemoryOwner<byte> Rent()
    {
        Interlocked.Increment(ref _lent);
        if (!_blocks.TryDequeue(out var block))
        {
            return new Block(this);
        }

        // This races with other threads: then a few blocks more or fewer are released.
        var kept = Interlocked.Decrement(ref _kept);
        if (kept < Volatile.Read(ref _leastKept))
        {
            Volatile.Write(ref _leastKept, kept);
        }

        return block;
    }

    /// <summary>Releases the blocks that weren't needed since the last call.</summary>
    public void Trim()
    {
        for (var idle = Volatile.Read(ref _leastKept); idle > 0 && _blocks.TryDequeue(out _); idle--)
        {
            Interlocked.Decrement(ref _kept);
        }

        Volatile.Write(ref _leastKept, Volatile.Read(ref _kept));
    }

    public void Dispose()
    {
        _isDisposed = true;
        _blocks.Clear();
    }

    private void Return(Block block)
    {
        Interlocked.Decrement(ref _lent);
        if (!_isDisposed)
        {
            Interlocked.Increment(ref _kept);
            _blocks.Enqueue(block);
        }
    }

    // The block is pinned, since the kernel writes into it while the connection waits.
    private sealed class Block(BlockStock stock) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(stock.BlockSize, pinned: true);

        public void Dispose() => stock.Return(this);
    }
}
