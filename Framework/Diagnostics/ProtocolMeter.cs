using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using UpgradeProtocols.Runtime;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace UpgradeProtocols;

/// <summary>
/// Measures the connections of one protocol. Its tags are created once, so that measuring allocates nothing. They have few values: declared
/// names and paths, never text from a peer.
/// </summary>
internal sealed class ProtocolMeter : IConversationMeter
{
    private const string Direction = "network.io.direction";
    private const string Action = "upgrade.slow_consumer.action";
    private const string ErrorType = "error.type";
    private const string CloseCode = "upgrade.close.code";
    private const string CloseInitiatorName = "upgrade.close.initiator";

    private readonly UpgradeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Tag[] _received;
    private readonly Tag[] _sent;

    // Tags by their distinguishing value; each dictionary has few entries.
    private readonly ConcurrentDictionary<string, Tag[]> _actions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Tag[]> _errors = new(StringComparer.Ordinal);

    public ProtocolMeter(UpgradeMetrics metrics, ProtocolEntry entry, TimeProvider time)
    {
        _metrics = metrics;
        _time = time;
        Entry = entry;
        Tags = TagsOf(entry);
        _received = [.. Tags, new(Direction, "receive")];
        _sent = [.. Tags, new(Direction, "transmit")];
        Names = new MessageNames(this);
    }

    public ProtocolEntry Entry { get; }

    public Tag[] Tags { get; }

    /// <summary>The known names of the protocol's messages.</summary>
    public MessageNames Names { get; }

    public bool TimesHandlers => _metrics.HandlerDuration.Enabled;

    public long Now => _time.GetTimestamp();

    /// <summary>Counts an open connection; returns whether its end must be counted too.</summary>
    public bool Opened()
    {
        _metrics.Upgrades.Add(1, Tags);
        if (!_metrics.ActiveConnections.Enabled)
        {
            return false;
        }

        _metrics.ActiveConnections.Add(1, Tags);
        return true;
    }

    public void Ended(bool wasCounted, long opened, CloseInfo close)
    {
        if (wasCounted)
        {
            _metrics.ActiveConnections.Add(-1, Tags);
        }

        if (_metrics.ConnectionDuration.Enabled)
        {
            _metrics.ConnectionDuration.Record(
                _time.GetElapsedTime(opened).TotalSeconds,
                [.. Tags, new(CloseCode, CodeTag(close.Code)), new(CloseInitiatorName, InitiatorTag(close.Initiator))]);
        }
    }

    public void Received(int length)
    {
        _metrics.Messages.Add(1, _received);
        _metrics.Io.Add(length, _received);
    }

    public void Sent(int length)
    {
        _metrics.Messages.Add(1, _sent);
        _metrics.Io.Add(length, _sent);
    }

    /// <param name="action">The action that was taken for a full queue.</param>
    public void SlowConsumer(string action)
    {
        if (_metrics.SlowConsumerActions.Enabled)
        {
            _metrics.SlowConsumerActions.Add(1, _actions.GetOrAdd(action, static (action, me) => [.. me.Tags, new(Action, action)], this));
        }
    }

    /// <param name="type">The kind of error: the code of an error reply, or the close code.</param>
    public void ProtocolError(string type)
    {
        if (_metrics.ProtocolErrors.Enabled)
        {
            _metrics.ProtocolErrors.Add(1, _errors.GetOrAdd(type, static (type, me) => [.. me.Tags, new(ErrorType, type)], this));
        }
    }

    public void ProtocolError(int closeCode)
    {
        if (_metrics.ProtocolErrors.Enabled)
        {
            ProtocolError(CodeTag(closeCode));
        }
    }

    public void Handled(long start, Tag[] tags, Exception? failure)
    {
        if (_metrics.HandlerDuration.Enabled)
        {
            var seconds = _time.GetElapsedTime(start).TotalSeconds;
            if (failure is null)
            {
                _metrics.HandlerDuration.Record(seconds, tags);
            }
            else
            {
                _metrics.HandlerDuration.Record(seconds, [.. tags, new(ErrorType, failure.GetType().FullName)]);
            }
        }
    }

    /// <summary>Adds the connection's outcome to its activity when the connection has ended.</summary>
    public static void Describe(Activity activity, CloseInfo close)
    {
        activity.SetTag(CloseCode, close.Code);
        activity.SetTag(CloseInitiatorName, InitiatorTag(close.Initiator));
        if (close is { Initiator: CloseInitiator.Local, Code: WebSocketCloseCode.InternalError })
        {
            activity.SetStatus(ActivityStatusCode.Error, "The handler failed.");
        }
        else if (close.IsAbnormal || close is { Initiator: CloseInitiator.Local, Code: > WebSocketCloseCode.GoingAway and < 1011 })
        {
            activity.SetStatus(ActivityStatusCode.Error, LogText.Of(close.Reason));
        }
    }

    // Applications and peers have 2,000 private codes: each thousand shares one tag.
    private static string CodeTag(int code) => code switch
    {
        >= 4000 => "4xxx",
        >= 3000 => "3xxx",
        _ => code.ToString(CultureInfo.InvariantCulture),
    };

    private static string InitiatorTag(CloseInitiator initiator) => initiator switch
    {
        CloseInitiator.Peer => "peer",
        CloseInitiator.Local => "local",
        _ => "transport",
    };

    private static Tag[] TagsOf(ProtocolEntry entry)
    {
        // The declared path, with its parameters in braces.
        var tags = new List<Tag>(3) { new("http.route", entry.Path) };
        if (entry.Name is { } name)
        {
            tags.Add(new("upgrade.protocol", name));
        }

        tags.Add(new("network.protocol.name", entry.Kind == UpgradeKind.Raw ? RawName(entry.Name) : "websocket"));
        return [.. tags];
    }

    private static string RawName(string? token) => token?.Split('/')[0].ToLowerInvariant() ?? "";
}
