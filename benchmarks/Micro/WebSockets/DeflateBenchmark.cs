using System.Buffers;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A message compressed and written as a frame: by the connection's compressor, or by a compressor per message.</summary>
[MemoryDiagnoser]
public class DeflateBenchmark
{
    // Four windows: when a message repeats, a compressor with context no longer has it in its window.
    private const int AllMessages = 4 * 32768;

    private readonly ArrayBufferWriter<byte> _output = new(1 << 17);
    private MessageDeflater? _deflater;
    private byte[][] _messages = [];
    private int _next;

    [Params(1024, 65536)]
    public int Size { get; set; }

    [Params(true, false)]
    public bool Takeover { get; set; }

    [GlobalSetup]
    public void MakeDeflater()
    {
        _messages = [.. JsonText.OfSize(AllMessages).Chunk(Size)];
        _deflater = new MessageDeflater(new DeflateAgreement { ServerContextTakeover = Takeover }, new DeflateOptions());
    }

    [Benchmark]
    public int Deflate()
    {
        _output.ResetWrittenCount();
        _next = (_next + 1) % _messages.Length;
        _deflater!.WriteMessage(_output, MessageKind.Text, _messages[_next]);
        return _output.WrittenCount;
    }

    [GlobalCleanup]
    public void End() => _deflater!.Dispose();
}
