using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols;

/// <summary>
/// Gives the transport larger blocks than Kestrel's 4 KiB: a large message takes fewer system calls and arrives in fewer pieces. A
/// connection holds a block only while it has unconsumed bytes. If very many connections hold blocks at once, as in a broadcast to
/// thousands, most blocks hold little data: then the blocks are small.
/// </summary>
internal sealed class TransportMemoryPoolFactory : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();

    private sealed class BlockPool : MemoryPool<byte>
    {
        private const int MaxLargeBlocks = 1024;

        private readonly BlockStock _large = new(16 * 1024);
        private readonly BlockStock _small = new(4 * 1024);
        private bool _isDisposed;

        public BlockPool() => _ = new Trimming(this);

        public override int MaxBufferSize => _large.BlockSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return minBufferSize <= _small.BlockSize && _large.Lent >= MaxLargeBlocks ? _small.Rent() : _large.Rent();
        }

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            _large.Dispose();
            _small.Dispose();
        }

        /// <summary>
        /// An unreachable object, whose finalizer notifies the pool of each full collection. It refers to the pool by a handle, which has
        /// no finalizer that could run first.
        /// </summary>
        private sealed class Trimming(BlockPool pool)
        {
            private WeakGCHandle<BlockPool> _pool = new(pool);

            ~Trimming()
            {
                if (_pool.TryGetTarget(out var pool) && !pool._isDisposed)
                {
                    pool._large.Trim();
                    pool._small.Trim();
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
