using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Tests.Http;

/// <summary>Splits bytes into pieces as a connection might deliver them.</summary>
internal static class Pieces
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static byte[][] Whole(byte[] input) => [input];

    public static byte[][] OneByOne(byte[] input) => [.. input.Select(b => new[] { b })];

    public static byte[][] At(byte[] input, IEnumerable<int> cuts)
    {
        int[] edges = [0, .. cuts.Select(c => c % (input.Length + 1)).Order(), input.Length];
        return [.. edges.Zip(edges.Skip(1), (from, to) => input[from..to])];
    }

    /// <summary>Returns the pieces as one sequence of several segments, including empty segments.</summary>
    public static ReadOnlySequence<byte> AsSequence(byte[][] pieces)
    {
        var first = new Segment([]);
        var last = first;
        foreach (var piece in pieces)
        {
            last = last.Append(piece);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] memory) => Memory = memory;

        public Segment Append(byte[] memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
