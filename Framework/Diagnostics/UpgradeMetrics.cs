using System.Diagnostics.Metrics;

namespace UpgradeProtocols;

/// <summary>
/// The instruments of the meter <c>UpgradeProtocols</c>, named after OpenTelemetry's conventions. Where nobody listens to one, using it
/// is a test of a field.
/// </summary>
internal sealed class UpgradeMetrics
{
    public const string MeterName = "UpgradeProtocols";

    public const string Status = "http.response.status_code";
    public const string Reason = "upgrade.refusal.reason";

    // From a health check's seconds to a page that stays open for days.
    private static readonly InstrumentAdvice<double> s_lifetimes = new()
    {
        HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 43200, 86400, 259200],
    };

    private static readonly InstrumentAdvice<double> s_handlerTimes = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    public UpgradeMetrics(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        ActiveConnections = Meter.CreateUpDownCounter<long>(
            "upgrade.server.active_connections", "{connection}", "Connections that are upgraded and open.");
        ConnectionDuration = Meter.CreateHistogram(
            "upgrade.server.connection.duration", "s", "How long upgraded connections lived.", tags: null, s_lifetimes);
        Upgrades = Meter.CreateCounter<long>("upgrade.server.upgrades", "{upgrade}", "Requests that were upgraded.");
        Refusals = Meter.CreateCounter<long>("upgrade.server.refusals", "{refusal}", "Requests that were refused, upgrades and others.");
        Messages = Meter.CreateCounter<long>("upgrade.server.messages", "{message}", "Messages received and sent.");
        Io = Meter.CreateCounter<long>("upgrade.server.message.io", "By", "The bytes of messages received and sent, without frames and uncompressed.");
        HandlerDuration = Meter.CreateHistogram(
            "upgrade.server.handler.duration", "s", "How long handlers took for a message.", tags: null, s_handlerTimes);
        SlowConsumerActions = Meter.CreateCounter<long>(
            "upgrade.server.slow_consumer.actions", "{action}", "What was done about pushes that found an outbound queue full.");
        ProtocolErrors = Meter.CreateCounter<long>("upgrade.server.protocol_errors", "{error}", "What peers sent and may not send.");
    }

    public Meter Meter { get; }

    public UpDownCounter<long> ActiveConnections { get; }

    public Histogram<double> ConnectionDuration { get; }

    public Counter<long> Upgrades { get; }

    public Counter<long> Refusals { get; }

    public Counter<long> Messages { get; }

    public Counter<long> Io { get; }

    public Histogram<double> HandlerDuration { get; }

    public Counter<long> SlowConsumerActions { get; }

    public Counter<long> ProtocolErrors { get; }

    /// <summary>Counts a request that was answered with a refusal.</summary>
    public void Refused(int status, RefusalReason reason)
    {
        if (Refusals.Enabled)
        {
            Refusals.Add(1, new(Status, status), new(Reason, reason.ToTag()));
        }
    }

    /// <summary>Observes how much waits to be sent.</summary>
    /// <param name="observe">Tells the bytes for each protocol.</param>
    public void ObserveQueues(Func<IEnumerable<Measurement<long>>> observe) => Meter.CreateObservableUpDownCounter(
        "upgrade.server.outbound.queue", observe, "By", "The bytes of messages that wait in outbound queues.");
}
