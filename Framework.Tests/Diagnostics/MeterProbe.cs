using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Tests.Diagnostics;

/// <summary>Listens to the meter of one server, as an exporter does.</summary>
internal sealed class MeterProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _measured = new();

    public MeterProbe(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests have meters of the same name.
            if (instrument.Meter.Name == "UpgradeProtocols" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                Instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public ConcurrentDictionary<string, Instrument> Instruments { get; } = new();

    public IEnumerable<Measured> Of(string instrument) => _measured.Where(measured => measured.Instrument == instrument);

    /// <summary>The sum of an instrument's measurements that carry these tags.</summary>
    public double Sum(string instrument, params (string Key, object Value)[] tags) =>
        Of(instrument).Where(measured => Array.TrueForAll(tags, tag => Equals(measured.Tags.GetValueOrDefault(tag.Key), tag.Value))).Sum(measured => measured.Value);

    /// <summary>The current values of the observable instruments.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _measured.Enqueue(new Measured(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray())));
}

internal sealed record Measured(string Instrument, double Value, Dictionary<string, object?> Tags);
