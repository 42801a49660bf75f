using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about other nodes. The event ids are stable.</summary>
internal static partial class BackplaneLog
{
    [LoggerMessage(200, LogLevel.Information, "The backplane is connected. While it was disconnected, {Refused} messages were refused and {Lost} lost; {Replayed} that were kept are published.")]
    public static partial void Connected(ILogger logger, long replayed, long refused, long lost);

    [LoggerMessage(201, LogLevel.Warning, "The backplane is disconnected: {Problem} The clients of this node reach only each other.")]
    public static partial void Disconnected(ILogger logger, string problem);

    [LoggerMessage(202, LogLevel.Warning, "The channel {Channel} can't be subscribed to: {Problem} The node tries again. Failures of other channels are logged at level Debug.")]
    public static partial void SubscriptionFailed(ILogger logger, string channel, string problem);

    [LoggerMessage(203, LogLevel.Information, "Node {Node} is there.")]
    public static partial void NodeFound(ILogger logger, string node);

    [LoggerMessage(204, LogLevel.Information, "Node {Node} has stopped.")]
    public static partial void NodeStopped(ILogger logger, string node);

    [LoggerMessage(205, LogLevel.Warning, "Node {Node} has fallen silent: its connections count as gone.")]
    public static partial void NodeSilent(ILogger logger, string node);

    [LoggerMessage(206, LogLevel.Warning, "A message on {Channel} can't be read: it isn't of this release's form. The status counts those that follow.")]
    public static partial void Unreadable(ILogger logger, string channel);

    [LoggerMessage(207, LogLevel.Warning, "Other nodes' pushes have no form for {Protocol}, which they don't know. The status counts those that follow.")]
    public static partial void Untranslatable(ILogger logger, string protocol);

    [LoggerMessage(208, LogLevel.Error, "A message on {Channel} could not be delivered.")]
    public static partial void ReceivingFailed(ILogger logger, Exception exception, string channel);

    [LoggerMessage(209, LogLevel.Error, "An observer of the backplane's status failed.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception);

    [LoggerMessage(210, LogLevel.Information, "The backplane is still disconnected: {Problem}")]
    public static partial void StillDisconnected(ILogger logger, string problem);

    [LoggerMessage(211, LogLevel.Debug, "The channel {Channel} can't be subscribed to or unsubscribed from; it is tried again.")]
    public static partial void SubscriptionFault(ILogger logger, Exception exception, string channel);

    [LoggerMessage(212, LogLevel.Warning, "The backplane can't carry a message: {Problem} Later ones are only counted, as refused.")]
    public static partial void NeverTaken(ILogger logger, string problem);

    [LoggerMessage(213, LogLevel.Debug, "The other nodes couldn't be told that this one stops.")]
    public static partial void GoodbyeFailed(ILogger logger, Exception exception);

    [LoggerMessage(214, LogLevel.Warning, "Other nodes publish more than this one delivers: {Limit} bytes of pushes wait (MaxBacklogBytes), and some are dropped. The status counts them.")]
    public static partial void Overrun(ILogger logger, long limit);

    [LoggerMessage(215, LogLevel.Information, "This node delivers again what other nodes publish; {Dropped} pushes were dropped meanwhile.")]
    public static partial void KeepsUp(ILogger logger, long dropped);
}
