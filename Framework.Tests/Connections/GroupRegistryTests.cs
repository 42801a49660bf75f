using UpgradeProtocols.Testing;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The steps of joining and leaving, between which another thread may join, leave or broadcast.</summary>
public sealed class GroupRegistryTests : IDisposable
{
    private readonly TestConnection _connection = new();
    private readonly GroupRegistry _groups = new();

    public void Dispose() => _connection.Dispose();

    // A caller that has found the list before its last member left must not join it.
    [Fact]
    public void The_list_of_a_group_without_members_accepts_no_more()
    {
        var member = NewMember();
        _groups.Add("room", member);
        var list = _groups.Find("room")!;
        Assert.Same(list, _groups.Find("room".AsSpan()));
        _groups.Remove(member);

        Assert.False(list.TryAdd(NewMember()));
        Assert.Null(_groups.Find("room"));
        Assert.Null(_groups.Find("room".AsSpan()));
        _groups.Add("room", NewMember());
        Assert.NotSame(list, _groups.Find("room"));
    }

    [Fact]
    public void A_member_that_leaves_twice_does_not_end_the_group_of_later_members()
    {
        var (first, second) = (NewMember(), NewMember());
        _groups.Add("room", first);
        _groups.Remove(first);
        _groups.Add("room", second);
        _groups.Remove(first);
        Assert.Equal(1, _groups.Find("room")!.Count);
        _groups.Remove(second);
        Assert.Null(_groups.Find("room"));
    }

    [Fact]
    public void A_group_with_members_stays_when_one_leaves()
    {
        var (first, second) = (NewMember(), NewMember());
        _groups.Add("room", first);
        _groups.Add("room", second);
        _groups.Remove(first);
        Assert.Equal([_connection.Connection], _groups.Find("room")!.ToArray());
        Assert.Same(_groups.Find("room"), second.List);
    }

    // The number of the last broadcast separates those that had begun before a member joined from later ones.
    [Fact]
    public void A_broadcast_that_began_before_a_member_joined_leaves_it_out()
    {
        var list = new MemberList("room");
        list.Members();
        list.Members();
        var member = NewMember();
        list.TryAdd(member);

        Assert.Equal(2, member.JoinedAt);
        Assert.False(new MemberList.Enumerator(new[] { member }, number: 2).MoveNext());
        Assert.True(new MemberList.Enumerator(new[] { member }, number: 3).MoveNext());
    }

    [Fact]
    public void The_channel_of_a_group_is_opened_for_its_first_member_only()
    {
        var opened = new List<string>();
        var groups = new GroupRegistry(name =>
        {
            opened.Add(name);
            return null;
        });
        var (first, second) = (NewMember(), NewMember());
        groups.Add("room", first);
        groups.Add("room", second);
        Assert.Equal(["room"], opened);
        groups.Remove(first);
        groups.Remove(second);
        groups.Add("room", NewMember());
        Assert.Equal(["room", "room"], opened);
    }

    private Membership NewMember() => new(_connection.Connection);
}
