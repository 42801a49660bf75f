using System.Text;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>64 KiB of text validated as it arrives: as a whole, and in reads that split characters.</summary>
[MemoryDiagnoser]
public class Utf8Benchmark
{
    private const int Size = 65536;

    // Odd, so that reads split characters of two, three and four bytes at every position.
    private const int Piece = 1461;

    private byte[] _text = [];

    public enum Script
    {
        Ascii,
        MultiByte,
    }

    [Params(Script.Ascii, Script.MultiByte)]
    public Script Text { get; set; }

    [GlobalSetup]
    public void MakeText()
    {
        var words = Encoding.UTF8.GetBytes(Text == Script.Ascii ? "something of a usual kind, " : "κόσμε 世界 schöne 🌍 мир, ");
        var text = new List<byte>();
        while (text.Count + words.Length <= Size)
        {
            text.AddRange(words);
        }

        text.AddRange(Enumerable.Repeat((byte)' ', Size - text.Count));
        _text = [.. text];
    }

    [Benchmark]
    public bool Whole()
    {
        var progress = default(Utf8Progress);
        return Check(progress.Append(_text) && progress.IsComplete);
    }

    [Benchmark]
    public bool InPieces()
    {
        var progress = default(Utf8Progress);
        var isValid = true;
        for (var start = 0; start < Size; start += Piece)
        {
            isValid &= progress.Append(_text.AsSpan(start, Math.Min(Piece, Size - start)));
        }

        return Check(isValid && progress.IsComplete);
    }

    private static bool Check(bool isValid) => isValid ? isValid : throw new InvalidOperationException("Valid text was rejected.");
}
