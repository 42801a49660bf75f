namespace UpgradeProtocols;

/// <content>Groups.</content>
public sealed partial class UpgradeConnection
{
    private Dictionary<string, Membership>? _groups;

    /// <summary>The current groups of the connection; after its end, the groups that it was in.</summary>
    public IReadOnlyCollection<string> Groups
    {
        get
        {
            lock (Gate)
            {
                return _groups is null ? [] : [.. _groups.Keys];
            }
        }
    }

    /// <summary>Joins a group. A connection leaves its groups when it ends.</summary>
    /// <param name="group">The group's name; it exists as long as it has members.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// A task that ends when messages to the group reach the connection: those of this server at once, and with a backplane
    /// (see <see cref="BackplaneOptions.JoinTimeout"/>) those of other servers too.
    /// </returns>
    public ValueTask JoinAsync(string group, CancellationToken cancellationToken = default) => JoinAsync(group, null, cancellationToken);

    /// <summary>Joins a group under a name or another short text, which <see cref="IPresence"/> returns on any server.</summary>
    /// <param name="group">The group's name; it exists as long as it has members.</param>
    /// <param name="tag">The text that others see for the member. To change it, leave and join again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends when messages to the group reach the connection.</returns>
    public ValueTask JoinAsync(string group, string? tag, CancellationToken cancellationToken = default)
    {
        MemberName.Check(group);
        cancellationToken.ThrowIfCancellationRequested();
        Membership? member = null;
        lock (Gate)
        {
            // A connection that has ended would never leave again. One that isn't upgraded yet can't be sent to, and joins when it is
            // upgraded.
            if (!_hasEnded)
            {
                _groups ??= new Dictionary<string, Membership>(StringComparer.Ordinal);
                if (!_groups.TryGetValue(group, out member))
                {
                    _groups.Add(group, member = tag is null ? new Membership(this) : new TaggedMembership(this, tag));
                    if (_isEnlisted)
                    {
                        _hub.Groups.Add(group, member);
                    }
                }
            }
        }

        return member?.List?.Channel?.WhenOpenAsync(cancellationToken) ?? default;
    }

    /// <summary>Leaves a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends when messages to the group no longer reach the connection.</returns>
    public ValueTask LeaveAsync(string group, CancellationToken cancellationToken = default)
    {
        MemberName.Check(group);
        cancellationToken.ThrowIfCancellationRequested();
        lock (Gate)
        {
            // After the connection's end the names stay, for its [OnDisconnected], but it isn't a member any more.
            if (_groups is not null && _groups.Remove(group, out var member) && !_hasEnded)
            {
                _hub.Groups.Remove(member);
            }
        }

        return default;
    }
}
