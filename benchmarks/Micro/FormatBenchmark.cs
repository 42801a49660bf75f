using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>The same request and reply in each format.</summary>
[MemoryDiagnoser]
public class FormatBenchmark
{
    private readonly byte[] _json = InMemoryClient.Frame(1, """{"type":"add","id":7,"data":{"a":2,"b":3}}"""u8);
    private readonly byte[] _whole = InMemoryClient.Frame(1, """{"jsonrpc":"2.0","method":"add","id":7,"params":{"a":2,"b":3}}"""u8);
    private readonly byte[] _byName = InMemoryClient.Frame(1, """{"jsonrpc":"2.0","method":"sum","id":7,"params":{"a":2,"b":3}}"""u8);
    private readonly byte[] _byPosition = InMemoryClient.Frame(1, """{"jsonrpc":"2.0","method":"sum","id":7,"params":[2,3]}"""u8);
    private readonly byte[] _batch = InMemoryClient.Frame(
        1, """[{"jsonrpc":"2.0","method":"add","id":7,"params":{"a":2,"b":3}},{"jsonrpc":"2.0","method":"add","id":8,"params":{"a":2,"b":3}}]"""u8);

    private readonly byte[] _tagged = InMemoryClient.Frame(2, [7, .. """{"a":2,"b":3}"""u8]);
    private InMemoryClient? _jsonClient;
    private InMemoryClient? _rpcClient;
    private InMemoryClient? _tagClient;

    [GlobalSetup]
    public void Connect()
    {
        _jsonClient = new InMemoryClient("/sum", "sum.v1");
        _rpcClient = new InMemoryClient("/sum", "sum.rpc");
        _tagClient = new InMemoryClient("/sum", "sum.tags");
    }

    [Benchmark(Baseline = true)]
    public long Json() => Ask(_jsonClient!, _json);

    [Benchmark]
    public long JsonRpc() => Ask(_rpcClient!, _whole);

    [Benchmark]
    public long JsonRpcByName() => Ask(_rpcClient!, _byName);

    [Benchmark]
    public long JsonRpcByPosition() => Ask(_rpcClient!, _byPosition);

    [Benchmark]
    public long JsonRpcBatchOfTwo() => Ask(_rpcClient!, _batch);

    [Benchmark]
    public long ByteTag() => Ask(_tagClient!, _tagged);

    [GlobalCleanup]
    public void Close()
    {
        _jsonClient!.Dispose();
        _rpcClient!.Dispose();
        _tagClient!.Dispose();
    }

    private static long Ask(InMemoryClient client, byte[] frame)
    {
        client.Send(frame);
        return client.Drain();
    }
}
