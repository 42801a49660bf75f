namespace UpgradeProtocols;

/// <summary>Changes the groups of connections of this node, and asks other nodes for theirs.</summary>
internal sealed class GroupService(ConnectionHub hub) : IGroups
{
    public ValueTask<bool> AddAsync(string connectionId, string group, string? tag = null, CancellationToken cancellationToken = default)
    {
        Check(connectionId, group, cancellationToken);
        return hub.Find(connectionId) is { } connection
            ? DoneAsync(connection.JoinAsync(group, tag, cancellationToken))
            : ElsewhereAsync(NodeRequests.GroupAction.Join, connectionId, group, tag, cancellationToken);
    }

    public ValueTask<bool> RemoveAsync(string connectionId, string group, CancellationToken cancellationToken = default)
    {
        Check(connectionId, group, cancellationToken);
        return hub.Find(connectionId) is { } connection
            ? DoneAsync(connection.LeaveAsync(group, cancellationToken))
            : ElsewhereAsync(NodeRequests.GroupAction.Leave, connectionId, group, tag: null, cancellationToken);
    }

    private static void Check(string connectionId, string group, CancellationToken cancellationToken)
    {
        MemberName.Check(connectionId);
        MemberName.Check(group);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async ValueTask<bool> DoneAsync(ValueTask change)
    {
        await change;
        return true;
    }

    private ValueTask<bool> ElsewhereAsync(
        NodeRequests.GroupAction action, string connectionId, string group, string? tag, CancellationToken cancellationToken) =>
        hub.Backplane is { } link && link.MayHave(connectionId, out var node)
            ? link.Requests.AskAsync(link, node, action, connectionId, group, tag, cancellationToken)
            : new(false);
}
