using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>The transport's blocks are reused, and unused blocks are released to the garbage collector.</summary>
public class TransportMemoryPoolTests
{
    [Fact]
    public void A_block_is_used_again()
    {
        using var pool = new TransportMemoryPoolFactory().Create();
        var first = pool.Rent(1);
        first.Dispose();

        Assert.Same(first, pool.Rent(1));
    }

    [Fact]
    public void Blocks_are_large_until_very_many_are_lent()
    {
        using var pool = new TransportMemoryPoolFactory().Create();
        var rented = Enumerable.Range(0, 10_000).Select(_ => pool.Rent(1)).ToList();

        Assert.Equal(16 * 1024, rented[0].Memory.Length);
        Assert.Equal(4 * 1024, rented[^1].Memory.Length);
        Assert.Equal(16 * 1024, pool.Rent(5000).Memory.Length);

        rented.ForEach(static owner => owner.Dispose());
        Assert.Equal(16 * 1024, pool.Rent(1).Memory.Length);
    }

    [Fact]
    public async Task The_unsent_rest_of_a_burst_is_released()
    {
        using var pool = new TransportMemoryPoolFactory().Create();
        var blocks = Burst(pool, 50);

        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return blocks.TrueForAll(static block => !block.TryGetTarget(out _));
            },
            "the blocks are collected");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference<byte[]>> Burst(MemoryPool<byte> pool, int count)
    {
        var rented = Enumerable.Range(0, count).Select(_ => pool.Rent(1)).ToList();
        var blocks = rented.ConvertAll(static owner =>
        {
            MemoryMarshal.TryGetArray<byte>(owner.Memory, out var array);
            return new WeakReference<byte[]>(array.Array!);
        });
        rented.ForEach(static owner => owner.Dispose());
        return blocks;
    }
}
