using System.Buffers;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>Builds sequences of several segments, and splits inputs into pieces.</summary>
internal static class Segments
{
    public static ReadOnlySequence<byte> Sequence(IReadOnlyList<byte[]> segments)
    {
        if (segments.Count == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        if (segments.Count == 1)
        {
            return new ReadOnlySequence<byte>(segments[0]);
        }

        var first = new Segment(segments[0], 0);
        var last = segments.Skip(1).Aggregate(first, (previous, bytes) => previous.Append(bytes));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Splits the input into pieces of the given sizes, which repeat in order.</summary>
    public static List<byte[]> Cut(byte[] input, params IReadOnlyList<int> sizes)
    {
        var pieces = new List<byte[]>();
        for (int at = 0, turn = 0; at < input.Length; turn++)
        {
            var size = Math.Min(sizes[turn % sizes.Count], input.Length - at);
            pieces.Add(input[at..(at + size)]);
            at += size;
        }

        return pieces;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
