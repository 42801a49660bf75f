using System.Diagnostics;

namespace UpgradeProtocols;

/// <summary>
/// The activities of the source <c>UpgradeProtocols</c>: one for each connection, and one for each message, which is the root of a trace
/// of its own (a connection may live for days) and linked to the connection's.
/// </summary>
internal static class UpgradeActivities
{
    public const string ConnectionName = "UpgradeProtocols.Connection";
    public const string MessageName = "UpgradeProtocols.Message";

    private static readonly ActivitySource s_source = new("UpgradeProtocols");

    public static bool IsObserved => s_source.HasListeners();

    /// <summary>Starts a connection's activity: a child of the web server's, or of what the client says.</summary>
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

    /// <summary>What runs from here on in this flow is no part of the request that asked for the upgrade.</summary>
    public static void LeaveRequest()
    {
        if (Activity.Current is not null)
        {
            Activity.Current = null;
        }
    }

    public static Activity? StartMessage(UpgradeConnection connection)
    {
        // What is current here is the connection's, which is no parent of its messages.
        Activity.Current = null;
        return s_source.StartActivity(MessageName, ActivityKind.Server, parentContext: default, connection.Meter.Tags, connection.ActivityLinks);
    }

    private static ActivityContext ParentOf(UpgradeRequest request) =>
        request.Fields["traceparent"] is { } parent && ActivityContext.TryParse(parent, request.Fields["tracestate"], isRemote: true, out var context)
            ? context
            : default;
}
