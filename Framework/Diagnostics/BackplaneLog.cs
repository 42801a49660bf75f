using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>Log messages about other nodes. The event ids are stable.</summary>
internal static partial class BackplaneLog
{
    [LoggerMessage(200, LogLevel.Information, "The backplane is connected. While it was disconnected, {Refused} messages were refused and {Lost} were lost. {Replayed} buffered messages are published now.")]
    public static partial void Connected(ILogger logger, long replayed, long refused, long lost);

    [LoggerMessage(201, LogLevel.Warning, "The backplane is disconnected: {Problem} Messages reach only the clients of this node.")]
    public static partial void Disconnected(ILogger logger, string problem);

    [LoggerMessage(202, LogLevel.Warning, "The channel {Channel} can't be subscribed to: {Problem} The node tries again. Failures of other channels are logged at level Debug.")]
    public static partial void SubscriptionFailed(ILogger logger, string channel, string problem);

    [LoggerMessage(203, LogLevel.Information, "Node {Node} has joined.")]
    public static partial void NodeFound(ILogger logger, string node);

    [LoggerMessage(204, LogLevel.Information, "Node {Node} has stopped.")]
    public static partial void NodeStopped(ILogger logger, string node);

    [LoggerMessage(205, LogLevel.Warning, "Node {Node} sends no heartbeat. Its connections count as closed.")]
    public static partial void NodeSilent(ILogger logger, string node);

    [LoggerMessage(206, LogLevel.Warning, "A message on {Channel} can't be read: it has another release's format. Further ones are only counted, in IBackplaneMonitor.Status.Unreadable.")]
    public static partial void Unreadable(ILogger logger, string channel);

    [LoggerMessage(207, LogLevel.Warning, "Clients of {Protocol} miss pushes of other nodes, because those nodes don't declare the protocol. Deploy the same version on all nodes. Further ones are only counted, in IBackplaneMonitor.Status.Untranslatable.")]
    public static partial void Untranslatable(ILogger logger, string protocol);

    [LoggerMessage(208, LogLevel.Error, "A message on {Channel} could not be delivered.")]
    public static partial void ReceivingFailed(ILogger logger, Exception exception, string channel);

    [LoggerMessage(209, LogLevel.Error, "An event handler of IBackplaneMonitor.Changed failed.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception);

    [LoggerMessage(210, LogLevel.Information, "The backplane is still disconnected: {Problem}")]
    public static partial void StillDisconnected(ILogger logger, string problem);

    [LoggerMessage(211, LogLevel.Debug, "The channel {Channel} can't be subscribed to or unsubscribed from; the node tries again.")]
    public static partial void SubscriptionFault(ILogger logger, Exception exception, string channel);

    [LoggerMessage(212, LogLevel.Warning, "The backplane can't send a message: {Problem} Further ones are only counted, in IBackplaneMonitor.Status.Refused.")]
    public static partial void NeverTaken(ILogger logger, string problem);

    [LoggerMessage(213, LogLevel.Debug, "The node couldn't tell the other nodes that it stops.")]
    public static partial void GoodbyeFailed(ILogger logger, Exception exception);

    [LoggerMessage(214, LogLevel.Warning, "Other nodes publish faster than this node delivers: {Limit} bytes of pushes wait (MaxBacklogBytes), and some are dropped. The status counts them.")]
    public static partial void Overrun(ILogger logger, long limit);

    [LoggerMessage(215, LogLevel.Information, "This node delivers the pushes of other nodes again. {Dropped} pushes were dropped.")]
    public static partial void KeepsUp(ILogger logger, long dropped);
}
