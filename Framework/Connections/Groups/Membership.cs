namespace UpgradeProtocols;

/// <summary>A connection's place in a group, from its joining to its leaving. One that joins again has another.</summary>
/// <param name="connection">The connection.</param>
internal class Membership(UpgradeConnection connection)
{
    private volatile bool _hasLeft;

    public UpgradeConnection Connection { get; } = connection;

    /// <summary>What the application said of the member when it joined: others are told it.</summary>
    public virtual string? Tag => null;

    /// <summary>Where the member is; null until it has been added.</summary>
    public MemberList? List { get; set; }

    /// <summary>
    /// Whether it gets nothing any more. A broadcast looks at it under the lock of the connection's outbound queue, which
    /// <see cref="Leave"/> takes after it was set: when that returns, what is still to come is not written.
    /// </summary>
    public bool HasLeft => _hasLeft;

    /// <summary>The broadcasts that had begun when it joined are not for it.</summary>
    public long JoinedAt { get; set; }

    /// <summary>The place in the list's page; guarded by the list's lock.</summary>
    public int Slot { get; set; }

    /// <summary>Ends it. Returns when no broadcast is about to write to the connection for its sake.</summary>
    public void Leave()
    {
        _hasLeft = true;
        List?.Remove(this);
        Connection.AwaitWrites();
    }
}

/// <summary>A member of which something was said. Most aren't, and each has a place among all.</summary>
internal sealed class TaggedMembership(UpgradeConnection connection, string tag) : Membership(connection)
{
    public override string Tag => tag;
}
