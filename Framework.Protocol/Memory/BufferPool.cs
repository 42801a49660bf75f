using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// The pool that the server rents its buffers from. A test replaces it with a pool that reports buffers that weren't returned.
/// </summary>
internal static class BufferPool<T>
{
    public static ArrayPool<T> Shared { get; set; } = ArrayPool<T>.Shared;
}
