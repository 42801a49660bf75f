using System.Buffers;
using System.Collections.Concurrent;
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
        private bool _isDisposed;

        public override int MaxBufferSize => BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_blocks.TryDequeue(out var block))
            {
                return new Block(this);
            }

            Interlocked.Decrement(ref _kept);
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

        // Pinned, since the kernel writes into it while the connection waits.
        private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);

            public void Dispose() => pool.Return(this);
        }
    }
}
