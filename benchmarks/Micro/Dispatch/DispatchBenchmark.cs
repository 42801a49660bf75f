using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A JSON request by name, and its empty reply, in protocols with 1 to 100 names. The number should not affect the time.</summary>
[MemoryDiagnoser]
public class DispatchBenchmark
{
    private InMemoryClient? _client;
    private byte[] _frame = [];

    public enum Choice
    {
        First,
        Last,
        Unknown,
    }

    [Params(1, 10, 100)]
    public int Names { get; set; }

    [Params(Choice.First, Choice.Last, Choice.Unknown)]
    public Choice Asked { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        var last = Names switch { 1 => "order.create", 10 => "order.close", _ => "report.close" };
        var name = Asked switch { Choice.First => "order.create", Choice.Last => last, _ => "report.erase" };
        _frame = InMemoryClient.Frame(1, System.Text.Encoding.UTF8.GetBytes($$"""{"type":"{{name}}","id":7}"""));
        _client = new InMemoryClient("/names", $"names.{Names}");
    }

    [Benchmark]
    public long Request()
    {
        _client!.Send(_frame);
        return _client.Drain();
    }

    [GlobalCleanup]
    public void Close() => _client!.Dispose();
}
