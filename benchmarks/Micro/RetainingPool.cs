using System.Buffers;

namespace UpgradeProtocols.Benchmarks;

/// <summary>
/// Provides the blocks of the in-memory pipes and keeps all returned ones, like a server's transport. The shared pool keeps fewer
/// blocks than ten thousand connections need at the same time, and its allocations would hide the cost of the framework.
/// </summary>
internal sealed class RetainingPool : MemoryPool<byte>
{
    private const int BlockSize = 4096;

    // The last returned block is rented first: it is still in the processor's cache.
    private readonly Stack<Block> _free = new();

    public override int MaxBufferSize => BlockSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        lock (_free)
        {
            return _free.TryPop(out var block) ? block : new Block(this);
        }
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_free)
        {
            _free.Push(block);
        }
    }

    private sealed class Block(RetainingPool pool) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[BlockSize];

        public void Dispose() => pool.Return(this);
    }
}
