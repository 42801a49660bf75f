using System.Collections.Concurrent;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// A pool of segments of two sizes. A connection holds a large segment only while it is in use, so an idle connection holds none. The rest
/// of a message that arrives slowly moves into a small segment.
/// </summary>
internal sealed class SegmentPool
{
    /// <summary>The size of a large segment: a message of 64 KiB and its header fit into it.</summary>
    public const int LargeSize = 65 * 1024;

    public const int SmallSize = 2 * 1024;

    // About 16 MiB of each size.
    private const int MaxLarge = 256;
    private const int MaxSmall = 8 * 1024;

    private readonly ConcurrentQueue<Segment> _large = new();
    private readonly ConcurrentQueue<Segment> _small = new();

    public Segment RentLarge() => _large.TryDequeue(out var segment) ? segment : new Segment(GC.AllocateUninitializedArray<byte>(LargeSize));

    public Segment RentSmall() => _small.TryDequeue(out var segment) ? segment : new Segment(GC.AllocateUninitializedArray<byte>(SmallSize));

    /// <summary>Rents a segment with room for <paramref name="size"/> bytes. The pool doesn't keep segments above the large size.</summary>
    public Segment Rent(int size) => size <= LargeSize ? RentLarge() : new Segment(GC.AllocateUninitializedArray<byte>(size));

    public void Return(Segment segment)
    {
        segment.Clear();
        switch (segment.Array.Length)
        {
            case LargeSize when _large.Count < MaxLarge:
                _large.Enqueue(segment);
                break;
            case SmallSize when _small.Count < MaxSmall:
                _small.Enqueue(segment);
                break;
        }
    }
}
