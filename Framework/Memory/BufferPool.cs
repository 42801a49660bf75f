using System.Buffers;

namespace UpgradeProtocols;

/// <summary>Where the server rents its buffers. A test puts a pool in its place that tells what was never given back.</summary>
internal static class BufferPool<T>
{
    public static ArrayPool<T> Shared { get; set; } = ArrayPool<T>.Shared;
}
