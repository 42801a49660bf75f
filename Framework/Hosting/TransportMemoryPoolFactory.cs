using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols;

/// <summary>
/// Gives the transport larger blocks than Kestrel's 4 KiB: a large message takes fewer system calls, and comes in fewer pieces. A
/// connection holds a block only while it has bytes that aren't used up.
/// </summary>
internal sealed class TransportMemoryPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();

    private sealed class BlockPool : MemoryPool<byte>
    {
        private const int BlockSize = 16 * 1024;

        // 16 MiB: what a burst needed beyond it goes back to the collector.
        private const int MaxKept = 1024;

        private readonly ConcurrentQueue<Block> _blocks = new();
        private int _kept;
        private int _leastKept;
        private bool _isDisposed;

        public BlockPool() => _ = new Trimming(this);

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_blocks.TryDequeue(out var block))
            {
                return new Block(this);
            }

            var kept = Interlocked.Decrement(ref _kept);
            if (kept < Volatile.Read(ref _leastKept))
            {
                Volatile.Write(ref _leastKept, kept);
            }

            return block;
        }

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            _blocks.Clear();
        }

        private void Return(Block block)
        {
            if (!_isDisposed && Volatile.Read(ref _kept) < MaxKept)
            {
                Interlocked.Increment(ref _kept);
                _blocks.Enqueue(block);
            }
        }

        /// <summary>Lets go of the blocks that nobody needed since this was last called.</summary>
        private void Trim()
        {
            for (var idle = Volatile.Read(ref _leastKept); idle > 0 && _blocks.TryDequeue(out _); idle--)
            {
                Interlocked.Decrement(ref _kept);
            }

            Volatile.Write(ref _leastKept, Volatile.Read(ref _kept));
        }

        // Pinned, since the kernel writes into it while the connection waits.
        private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);

            public void Dispose() => pool.Return(this);
        }

        /// <summary>
        /// Garbage itself, so that the collector tells the pool of each full collection by its finalizer. It holds the pool by a handle,
        /// which has no finalizer that could run before.
        /// </summary>
        private sealed class Trimming(BlockPool pool)
        {
            private WeakGCHandle<BlockPool> _pool = new(pool);

            ~Trimming()
            {
                if (_pool.TryGetTarget(out var pool) && !pool._isDisposed)
                {
                    pool.Trim();
                    GC.ReRegisterForFinalize(this);
                }
                else
                {
                    _pool.Dispose();
                }
            }
        }
    }
}
