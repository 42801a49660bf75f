using System.Buffers;
using System.IO.Compression;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A compressed message, decompressed with or without a window that is kept between messages.</summary>
[MemoryDiagnoser]
public class InflateBenchmark
{
    private readonly MessageBuffer _output = new(ArrayPool<byte>.Shared);
    private MessageInflater? _inflater;
    private byte[] _compressed = [];

    [Params(1024, 65536)]
    public int Size { get; set; }

    [Params(true, false)]
    public bool Takeover { get; set; }

    [GlobalSetup]
    public void Compress()
    {
        // The message refers to no earlier data, so it can repeat regardless of the window's contents.
        var compressed = new MessageBuffer(ArrayPool<byte>.Shared);
        _compressed = DeflateOnce.Compress(JsonText.OfSize(Size), CompressionLevel.Fastest, compressed).ToArray();
        compressed.Release();
        _inflater = new MessageInflater(new DeflateAgreement { ClientContextTakeover = Takeover });
    }

    [Benchmark]
    public int Inflate()
    {
        var result = _inflater!.Inflate(_compressed, _output, limit: 1 << 20);
        var length = _output.Length;
        if (result != InflateResult.Done || _inflater.End(_output) != InflateResult.Done || length != Size)
        {
            throw new InvalidOperationException("The message wasn't inflated.");
        }

        _output.Release();
        return length;
    }

    [GlobalCleanup]
    public void End() => _inflater!.Dispose();
}
