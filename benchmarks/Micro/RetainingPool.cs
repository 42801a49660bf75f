using System.Buffers;

namespace UpgradeProtocols.Benchmarks;

/// <summary>
/// Gives the in-memory pipes their blocks and keeps all that come back, as a server's transport does. The shared pool keeps fewer
/// than ten thousand connections take at once: what it then allocates would drown what the framework does.
/// </summary>
internal sealed class RetainingPool : MemoryPool<byte>
{
    private const int BlockSize = 4096;

    // The last that came back is the next to go: it is still in the processor's cache.
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
