using System.Diagnostics.Metrics;

namespace UpgradeProtocols;

/// <summary>
/// The instruments of the meter <c>UpgradeProtocols</c>, named after OpenTelemetry's conventions. Without a listener, using an instrument
/// costs one test of a field.
/// </summary>
internal sealed class UpgradeMetrics
{
    public const string MeterName = "UpgradeProtocols";

    public const string Status = "http.response.status_code";
    public const string Reason = "upgrade.refusal.reason";

    // The range goes from a health check's seconds to a page that stays open for days.
    private static readonly InstrumentAdvice<double> s_lifetimes = new()
    {
        HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 43200, 86400, 259200],
    };

    private static readonly InstrumentAdvice<double> s_handlerTimes = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly KeyValuePair<string, object?> s_transmit = new("network.io.direction", "transmit");
    private static readonly KeyValuePair<string, object?> s_receive = new("network.io.direction", "receive");

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
            "upgrade.server.slow_consumer.actions", "{action}", "Pushes to a full outbound queue, by the action that was taken.");
        ProtocolErrors = Meter.CreateCounter<long>("upgrade.server.protocol_errors", "{error}", "Messages of peers that are not authorized to send them.");
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

    /// <summary>Counts a refused request.</summary>
    public void Refused(int status, RefusalReason reason)
    {
        if (Refusals.Enabled)
        {
            Refusals.Add(1, new(Status, status), new(Reason, reason.ToTag()));
        }
    }

    /// <summary>Observes the bytes that wait to be sent.</summary>
    /// <param name="observe">Returns the bytes for each protocol.</param>
    public void ObserveQueues(Func<IEnumerable<Measurement<long>>> observe) => Meter.CreateObservableUpDownCounter(
        "upgrade.server.outbound.queue", observe, "By", "The bytes of messages that wait in outbound queues.");

    /// <summary>Observes the backplane. Its status keeps counters anyway, so that nothing is counted twice.</summary>
    /// <param name="status">Returns the status.</param>
    public void ObserveBackplane(Func<BackplaneStatus> status)
    {
        Meter.CreateObservableUpDownCounter(
            "upgrade.backplane.connected", () => status().IsConnected ? 1L : 0L, "{connection}", "1 while messages go to other nodes and come from them, else 0.");
        Meter.CreateObservableUpDownCounter("upgrade.backplane.nodes", () => (long)status().OtherNodes, "{node}", "Other nodes that are alive.");
        Meter.CreateObservableCounter("upgrade.backplane.published", () => status().Published, "{message}", "Messages handed to the backplane.");
        Meter.CreateObservableCounter("upgrade.backplane.received", () => status().Received, "{message}", "Messages of other nodes.");
        Meter.CreateObservableCounter(
            "upgrade.backplane.refused", () => status().Refused, "{message}", "Messages that the backplane was not there for, or didn't keep up with.");
        Meter.CreateObservableCounter(
            "upgrade.backplane.lost", () => LostBy(status()), "{message}", "Accepted messages that reached no receiver: outgoing ones, and those of other nodes here.");
        Meter.CreateObservableUpDownCounter(
            "upgrade.backplane.backlog", () => BacklogOf(status()), "By", "Bytes that wait: to be published, and of others' pushes to be delivered here.");
    }

    private static Measurement<long>[] LostBy(BackplaneStatus status) =>
        [new(status.Lost, s_transmit), new(status.Dropped, s_receive)];

    private static Measurement<long>[] BacklogOf(BackplaneStatus status) =>
        [new(status.BufferedBytes + status.UnacknowledgedBytes, s_transmit), new(status.BacklogBytes, s_receive)];
}
