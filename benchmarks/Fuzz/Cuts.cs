using System.Buffers;

namespace UpgradeProtocols.Fuzz;

/// <summary>Splits an input at positions that depend on its bytes, so that one input always has the same result.</summary>
internal static class Cuts
{
    public static List<byte[]> Of(ReadOnlySpan<byte> input)
    {
        var hash = 2166136261;
        foreach (var b in input)
        {
            hash = (hash ^ b) * 16777619;
        }

        var most = (hash & 3) switch { 0 => 1u, 1 => 5u, 2 => 60u, _ => 500u };
        var pieces = new List<byte[]>();
        while (!input.IsEmpty)
        {
            hash = (hash * 1664525) + 1013904223;
            var size = Math.Min(1 + (int)((hash >> 16) % most), input.Length);
            pieces.Add(input[..size].ToArray());
            input = input[size..];
        }

        return pieces;
    }

    /// <summary>Returns the pieces as one buffer of several segments, without a copy: code that unmasks in place changes them.</summary>
    public static ReadOnlySequence<byte> Join(IReadOnlyList<byte[]> pieces)
    {
        if (pieces.Count == 0)
        {
            return ReadOnlySequence<byte>.Empty;
        }

        var first = new Segment(pieces[0], 0);
        var last = first;
        for (var i = 1; i < pieces.Count; i++)
        {
            last = last.Append(pieces[i]);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
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
