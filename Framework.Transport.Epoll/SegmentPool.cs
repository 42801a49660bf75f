using System.Collections.Concurrent;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// Segments of two sizes. A large segment is rented only while it is in use, so that an idle connection holds none. The rest of a slowly
/// arriving message moves into a small segment.
/// </summary>
internal sealed class SegmentPool
{
    /// <summary>A message of 64 KiB arrives whole with its header.</summary>
    public const int LargeSize = 65 * 1024;

    public const int SmallSize = 2 * 1024;

    // 16 MiB of each.
    private const int MaxLarge = 256;
    private const int MaxSmall = 8 * 1024;

    private readonly ConcurrentQueue<Segment> _large = new();
    private readonly ConcurrentQueue<Segment> _small = new();

    public Segment RentLarge() => _large.TryDequeue(out var segment) ? segment : new Segment(GC.AllocateUninitializedArray<byte>(LargeSize));

    public Segment RentSmall() => _small.TryDequeue(out var segment) ? segment : new Segment(GC.AllocateUninitializedArray<byte>(SmallSize));

    /// <summary>A segment with room for so many bytes; one that is larger than large is not kept.</summary>
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
