using System.Diagnostics;
using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>The cost of a message with a meter listener, with an activity listener, with a filter, and without any of them.</summary>
[MemoryDiagnoser]
public class ObservedBenchmark
{
    private readonly byte[] _frame = InMemoryClient.Frame(1, Enumerable.Repeat((byte)'*', 64).ToArray());
    private InMemoryClient? _client;
    private IDisposable? _listener;

    public enum Observer
    {
        None,
        Metrics,
        Traces,
        Filter,
    }

    [Params(Observer.None, Observer.Metrics, Observer.Traces, Observer.Filter)]
    public Observer By { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _listener = By switch
        {
            Observer.Metrics => Metrics(),
            Observer.Traces => Traces(),
            _ => null,
        };
        _client = new InMemoryClient("/echo", subprotocol: null, configure: By == Observer.Filter
            ? builder => builder.AddMessageFilter(static (message, next) => next(message))
            : null);
    }

    [Benchmark]
    public long Echo()
    {
        _client!.Send(_frame);
        return _client.Drain();
    }

    [GlobalCleanup]
    public void Close()
    {
        _client!.Dispose();
        _listener?.Dispose();
    }

    // An exporter aggregates; this listener only receives the measurements.
    private static MeterListener Metrics()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "UpgradeProtocols")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    private static ActivityListener Traces()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "UpgradeProtocols",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
