using System.Buffers;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A message written as one frame into preallocated memory.</summary>
[MemoryDiagnoser]
public class FrameWriteBenchmark
{
    private readonly ArrayBufferWriter<byte> _output = new(1 << 17);
    private byte[] _payload = [];

    [Params(16, 1024, 65536)]
    public int Size { get; set; }

    [GlobalSetup]
    public void MakePayload() => _payload = Enumerable.Repeat((byte)'*', Size).ToArray();

    [Benchmark]
    public int Write()
    {
        _output.ResetWrittenCount();
        FrameWriter.WriteMessage(_output, MessageKind.Text, _payload);
        return _output.WrittenCount;
    }
}
