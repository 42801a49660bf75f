using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A typed JSON request and its reply through the whole engine.</summary>
[MemoryDiagnoser]
public class JsonBenchmark
{
    private readonly byte[] _frame = InMemoryClient.Frame(1, """{"type":"add","id":7,"data":{"a":2,"b":3}}"""u8);
    private InMemoryClient? _client;

    [GlobalSetup]
    public void Connect() => _client = new InMemoryClient("/sum", "sum.v1");

    [Benchmark]
    public long Request()
    {
        _client!.Send(_frame);
        return _client.Drain();
    }

    [GlobalCleanup]
    public void Close() => _client!.Dispose();
}
