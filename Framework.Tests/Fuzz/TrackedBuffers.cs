using UpgradeProtocols.Fuzz;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>Replaces the server's pool for one test of <see cref="EngineAlone"/>, and checks that each buffer is returned once.</summary>
internal sealed class TrackedBuffers : IDisposable
{
    private readonly System.Buffers.ArrayPool<byte> _before = BufferPool<byte>.Shared;
    private readonly TrackingPool<byte> _pool = new();

    public TrackedBuffers() => BufferPool<byte>.Shared = _pool;

    /// <summary>The number of rented buffers.</summary>
    public int Out => _pool.Out;

    /// <summary>All buffers have been returned, each once.</summary>
    public void AssertReturned() => Assert.Equal((0, 0), (_pool.Out, _pool.ReturnedTwice));

    /// <summary>All buffers are returned by work on other threads, each once.</summary>
    public async Task AssertReturnedSoonAsync()
    {
        await Eventually.TrueAsync(() => _pool.Out == 0, "all buffers are returned");
        AssertReturned();
    }

    public void Dispose() => BufferPool<byte>.Shared = _before;
}
