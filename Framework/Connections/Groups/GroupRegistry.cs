using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>Which connections are in which group. Each group has a lock of its own for joining and leaving; there is none for all.</summary>
/// <param name="open">Opens a group's channel when it gets its first member here, where there are other nodes.</param>
internal sealed class GroupRegistry(Func<string, BackplaneChannel?>? open = null)
{
    private readonly ConcurrentDictionary<string, MemberList> _groups = new(StringComparer.Ordinal);

    public void Add(string name, Membership member)
    {
        // A group that has become empty is dead: who finds one makes another.
        while (!_groups.GetOrAdd(name, static name => new MemberList(name)).TryAdd(member, open))
        {
        }
    }

    /// <summary>Takes a member out. When it returns, nothing that is sent to the group reaches the connection any more.</summary>
    public void Remove(Membership member)
    {
        member.Leave();
        if (member.List is { Count: 0 } list && list.TryBury())
        {
            _groups.TryRemove(KeyValuePair.Create(list.Name, list));
            list.Channel?.Release();
        }
    }

    /// <summary>The group, if it has members.</summary>
    public MemberList? Find(string name) => _groups.GetValueOrDefault(name);

    public MemberList? Find(ReadOnlySpan<char> name) =>
        _groups.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var list) ? list : null;
}
