namespace UpgradeProtocols;

/// <summary>
/// Who is where, on all nodes. A question is put to every node that is alive, and each answers for its own connections: nothing is
/// stored, and a node that dies takes its members with it. It costs a message to and from each node. A singleton;
/// without a backplane it tells of this server alone.
/// </summary>
public interface IPresence
{
    /// <summary>The names of the nodes that are alive, this one included.</summary>
    IReadOnlyCollection<string> Nodes { get; }

    /// <summary>Who is in a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="limit">How many members are to be listed at most; 0 for their count alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What the nodes answered within <see cref="BackplaneOptions.PresenceTimeout"/>.</returns>
    ValueTask<PresenceSnapshot> GroupAsync(string group, int limit = 1000, CancellationToken cancellationToken = default);

    /// <summary>Which connections a user has.</summary>
    /// <param name="id">The user's id, as <see cref="UpgradeConnection.User"/> has it.</param>
    /// <param name="limit">How many are to be listed at most; 0 for their count alone.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What the nodes answered within <see cref="BackplaneOptions.PresenceTimeout"/>.</returns>
    ValueTask<PresenceSnapshot> UserAsync(string id, int limit = 1000, CancellationToken cancellationToken = default);
}

/// <summary>The answer to a question of <see cref="IPresence"/>, as of when it was asked.</summary>
/// <param name="Count">How many connections there are.</param>
/// <param name="Members">Those that are listed, in no order.</param>
/// <param name="IsComplete">Whether every node that is alive has answered.</param>
public sealed record PresenceSnapshot(int Count, IReadOnlyList<PresenceMember> Members, bool IsComplete);

/// <summary>A connection on some node.</summary>
/// <param name="ConnectionId">Its id.</param>
/// <param name="UserId">Its user, if that is known.</param>
/// <param name="Tag">What it joined the group under.</param>
public sealed record PresenceMember(string ConnectionId, string? UserId, string? Tag);
