namespace UpgradeProtocols;

/// <summary>A connection's membership in a group, from joining to leaving. A connection that joins again gets another one.</summary>
/// <param name="connection">The connection.</param>
internal class Membership(UpgradeConnection connection) : IPushRecipient
{
    private volatile bool _hasLeft;

    public UpgradeConnection Connection { get; } = connection;

    /// <summary>The text that the application gave the member when it joined, visible to others.</summary>
    public virtual string? Tag => null;

    /// <summary>The member's list; null until it has been added.</summary>
    public MemberList? List { get; set; }

    /// <summary>
    /// Whether the member gets no messages any more. A broadcast reads it under the lock of the connection's outbound queue.
    /// <see cref="Leave"/> takes that lock after it has set it: when it returns, later broadcasts don't write.
    /// </summary>
    public bool HasLeft => _hasLeft;

    /// <summary>The number of the broadcast at the time of joining: the member doesn't get broadcasts that had begun before.</summary>
    public long JoinedAt { get; set; }

    /// <summary>The slot in the list's page; guarded by the list's lock.</summary>
    public int Slot { get; set; }

    /// <summary>Ends the membership. Returns when no broadcast to the group is about to write to the connection.</summary>
    public void Leave()
    {
        _hasLeft = true;
        List?.Remove(this);
        Connection.Conversation.AwaitWrites();
    }
}

/// <summary>A member with a tag. Most members have none, and every connection has a membership in the list of all.</summary>
internal sealed class TaggedMembership(UpgradeConnection connection, string tag) : Membership(connection)
{
    public override string Tag => tag;
}
