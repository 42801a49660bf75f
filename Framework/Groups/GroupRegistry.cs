using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>The groups and their members. Each group has its own lock for joining and leaving; there is no global lock.</summary>
/// <param name="open">Opens a group's channel when the group gets its first local member, where there are other nodes.</param>
internal sealed class GroupRegistry(Func<string, BackplaneChannel?>? open = null)
{
    private readonly ConcurrentDictionary<string, MemberList> _groups = new(StringComparer.Ordinal);

    public void Add(string name, Membership member)
    {
        // An empty group is never reused: a caller that finds one creates another.
        while (!_groups.GetOrAdd(name, static name => new MemberList(name)).TryAdd(member, open))
        {
        }
    }

    /// <summary>Removes a member. When it returns, messages to the group no longer reach the connection.</summary>
    public void Remove(Membership member)
    {
        member.Leave();
        if (member.List is { Count: 0 } list && list.TryRetire())
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
