using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A message through the whole engine and back: frame, dispatch, handler, frame.</summary>
[MemoryDiagnoser]
public class EchoBenchmark
{
    private InMemoryClient? _client;
    private byte[] _frame = [];

    [Params(64, 1024, 65536)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _client = new InMemoryClient("/echo", subprotocol: null);
        _frame = InMemoryClient.Frame(1, Enumerable.Repeat((byte)'*', Size).ToArray());
    }

    [Benchmark]
    public long Echo()
    {
        _client!.Send(_frame);
        return _client.Drain();
    }

    [GlobalCleanup]
    public void Close() => _client!.Dispose();
}
