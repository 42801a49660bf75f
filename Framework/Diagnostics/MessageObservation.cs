using System.Diagnostics;

namespace UpgradeProtocols;

/// <summary>Measures the handling of one message if a listener is active; otherwise it is empty and does nothing.</summary>
internal struct MessageObservation
{
    private UpgradeConnection? _connection;
    private NamedMessage? _message;
    private Activity? _activity;
    private long _start;

    /// <summary>The activity that was current before this message's activity.</summary>
    public Activity? Before { get; private set; }

    public readonly bool IsEmpty => _connection is null;

    /// <summary>Starts measuring a message and makes its activity the current one.</summary>
    public static MessageObservation Start(UpgradeConnection connection, in MessageEnvelope envelope, bool hasEnvelope)
    {
        var meter = connection.Meter;
        var isTraced = UpgradeActivities.IsObserved;
        if (!isTraced && !meter.TimesHandlers)
        {
            return default;
        }

        return new MessageObservation
        {
            _connection = connection,
            _message = hasEnvelope ? meter.Names.Find(envelope.Name, envelope.Tag) : meter.Names.Nameless,
            _start = meter.Now,
            Before = Activity.Current,
            _activity = isTraced ? UpgradeActivities.StartMessage(connection) : null,
        };
    }

    /// <summary>No method handles the message: the peer made up its name.</summary>
    public void IsUnknown() => _message = _connection?.Meter.Names.Other;

    /// <summary>A method handled the message: its name is kept.</summary>
    public void IsKnown(ReadOnlySpan<byte> name, int tag)
    {
        if (_connection is not null)
        {
            _message ??= _connection.Meter.Names.Learn(name, tag);
        }
    }

    /// <summary>The message has been handled.</summary>
    public void End(Exception? failure)
    {
        if (_connection is not { } connection)
        {
            return;
        }

        if (failure is OperationCanceledException && connection.Closed.IsCancellationRequested)
        {
            // The end of the connection cancelled the method. This isn't a failure.
            failure = null;
        }

        _connection = null;
        var message = _message ?? connection.Meter.Names.Other;
        connection.Meter.Handled(_start, message.Tags, failure);
        if (_activity is { } activity)
        {
            activity.DisplayName = message.DisplayName;
            if (message.Tags.Length > connection.Meter.Tags.Length)
            {
                activity.SetTag(message.Tags[^1].Key, message.Tags[^1].Value);
            }

            if (failure is not null)
            {
                activity.SetStatus(ActivityStatusCode.Error, failure.GetType().FullName);
                activity.SetTag("error.type", failure.GetType().FullName);
            }

            activity.Dispose();
        }
    }
}
