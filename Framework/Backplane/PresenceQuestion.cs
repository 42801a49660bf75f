namespace UpgradeProtocols;

/// <summary>A presence query that waits for the answers of other nodes.</summary>
internal sealed class PresenceQuestion(int limit, PresenceSnapshot here, IEnumerable<NodeId> asked)
{
    private readonly Lock _gate = new();
    private readonly HashSet<NodeId> _awaited = [.. asked];
    private readonly List<PresenceMember> _members = [.. here.Members];
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count = here.Count;

    public Task Answered => _answered.Task;

    public void Answer(NodeId node, int count, List<PresenceMember> members)
    {
        lock (_gate)
        {
            // No node counts twice. A node that came after the query isn't awaited: it had no connections when the query was made.
            if (!_awaited.Remove(node))
            {
                return;
            }

            _count += count;
            _members.AddRange(members.Take(limit - _members.Count));
            CompleteIfAll();
        }
    }

    /// <summary>A node has died, and its members with it.</summary>
    public void Gone(NodeId node)
    {
        lock (_gate)
        {
            _awaited.Remove(node);
            CompleteIfAll();
        }
    }

    public PresenceSnapshot Result()
    {
        lock (_gate)
        {
            return new PresenceSnapshot(_count, [.. _members], _awaited.Count == 0);
        }
    }

    private void CompleteIfAll()
    {
        if (_awaited.Count == 0)
        {
            _answered.TrySetResult();
        }
    }
}
