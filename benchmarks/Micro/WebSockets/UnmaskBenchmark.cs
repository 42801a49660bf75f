using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A payload unmasked in place, and unmasked during a copy to another buffer.</summary>
[MemoryDiagnoser]
public class UnmaskBenchmark
{
    private static readonly uint s_key = FrameMask.ReadKey([0x37, 0xfa, 0x21, 0x3d]);

    private byte[] _masked = [];
    private byte[] _copy = [];

    [Params(16, 125, 1024, 4096, 65536)]
    public int Size { get; set; }

    [GlobalSetup]
    public void MakePayload()
    {
        _masked = new byte[Size];
        _copy = new byte[Size];
    }

    [Benchmark]
    public uint InPlace() => FrameMask.Apply(_masked, s_key);

    [Benchmark]
    public uint IntoAnother() => FrameMask.Apply(_masked, _copy, s_key);
}
