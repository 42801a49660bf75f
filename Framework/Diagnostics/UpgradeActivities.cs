using System.Diagnostics;

namespace UpgradeProtocols;

/// <summary>
/// The activities of the source <c>UpgradeProtocols</c>: one for each connection and one for each message. A message's activity is the root
/// of its own trace, because a connection may live for days; it is linked to the connection's activity.
/// </summary>
internal static class UpgradeActivities
{
    public const string ConnectionName = "UpgradeProtocols.Connection";
    public const string MessageName = "UpgradeProtocols.Message";

    private static readonly ActivitySource s_source = new("UpgradeProtocols");

    public static bool IsObserved => s_source.HasListeners();

    /// <summary>
    /// Starts a connection's activity: a child of the web server's activity, or of the trace context that the client sends.
    /// </summary>
    public static Activity? StartConnection(UpgradeConnection connection)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        var parent = Activity.Current?.Context ?? ParentOf(connection.Request);
        var activity = s_source.StartActivity(ConnectionName, ActivityKind.Server, parent, connection.Meter.Tags);
        if (activity is not null)
        {
            activity.DisplayName = $"upgrade {connection.Entry.Name ?? connection.Entry.Path}";
            activity.SetTag("upgrade.connection.id", connection.Id);
        }

        return activity;
    }

    public static Activity? StartMessage(UpgradeConnection connection)
    {
        // The current activity is the connection's, which isn't the parent of its messages.
        Activity.Current = null;
        return s_source.StartActivity(MessageName, ActivityKind.Server, parentContext: default, connection.Meter.Tags, connection.ActivityLinks);
    }

    private static ActivityContext ParentOf(UpgradeRequest request) =>
        request.Headers["traceparent"] is { } parent && ActivityContext.TryParse(parent, request.Headers["tracestate"], isRemote: true, out var context)
            ? context
            : default;
}
