namespace UpgradeProtocols;

/// <summary>
/// Reports the members of groups and the connections of users on all nodes. A query goes to every node that is alive, and each node answers
/// for its own connections: nothing is stored, and when a node dies its members disappear with it. A query costs a message to and from each
/// node. A singleton; without a backplane it reports this server alone.
/// </summary>
public interface IPresence
{
    /// <summary>The names of the nodes that are alive, this one included.</summary>
    IReadOnlyCollection<string> Nodes { get; }

    /// <summary>Gets the members of a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="limit">The maximum number of listed members; 0 for their count alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The answers of the nodes within <see cref="BackplaneOptions.PresenceTimeout"/>.</returns>
    ValueTask<PresenceSnapshot> GetGroupAsync(string group, int limit = 1000, CancellationToken cancellationToken = default);

    /// <summary>Gets the connections of a user.</summary>
    /// <param name="id">The user's id, as in <see cref="UpgradeConnection.User"/>.</param>
    /// <param name="limit">The maximum number of listed connections; 0 for their count alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The answers of the nodes within <see cref="BackplaneOptions.PresenceTimeout"/>.</returns>
    ValueTask<PresenceSnapshot> GetUserAsync(string id, int limit = 1000, CancellationToken cancellationToken = default);
}

/// <summary>The result of an <see cref="IPresence"/> query, as of the time of the query.</summary>
/// <param name="Count">The number of connections.</param>
/// <param name="Members">The listed connections, in no particular order.</param>
/// <param name="IsComplete">Whether every node that is alive has answered.</param>
public sealed record PresenceSnapshot(int Count, IReadOnlyList<PresenceMember> Members, bool IsComplete);

/// <summary>A connection on some node.</summary>
/// <param name="ConnectionId">Its id.</param>
/// <param name="UserId">Its user, if known.</param>
/// <param name="Tag">The tag with which it joined the group.</param>
public sealed record PresenceMember(string ConnectionId, string? UserId, string? Tag);
