namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The nodes that count as alive, and the answers to a presence query.</summary>
public class NodeDirectoryTests
{
    private static readonly NodeId s_one = new(1);
    private static readonly NodeId s_two = new(2);

    private readonly NodeDirectory _nodes = new(new BackplaneOptions { NodeTimeout = TimeSpan.FromSeconds(5) });

    [Fact]
    public void A_node_that_is_silent_for_exactly_NodeTimeout_is_gone()
    {
        _nodes.Heard(s_one, now: 1000);
        _nodes.Heard(s_two, now: 1001);
        Assert.Null(_nodes.Expire(now: 5999));
        Assert.Equal([s_one], _nodes.Expire(now: 6000));
        Assert.Equal([s_two], _nodes.ToArray());
        Assert.False(_nodes.Contains(s_one));
        Assert.True(_nodes.Contains(s_two));
        _nodes.Heard(s_two, now: 6000);
        Assert.Null(_nodes.Expire(now: 6001));
    }

    [Fact]
    public void After_an_outage_every_node_is_awaited_until_it_is_heard()
    {
        Assert.False(_nodes.IsAwaiting);
        _nodes.Heard(s_one, now: 0);
        _nodes.Heard(s_two, now: 0);
        Assert.False(_nodes.IsAwaiting);
        _nodes.AwaitAll(now: 9000);
        Assert.True(_nodes.IsAwaiting);
        Assert.Null(_nodes.Expire(now: 13_999));

        _nodes.Heard(s_one, now: 9000);
        Assert.True(_nodes.IsAwaiting);
        Assert.Equal([s_one, s_two], (_nodes.Expire(now: 14_000) ?? []).OrderBy(static node => node.Value));
        Assert.False(_nodes.IsAwaiting);
    }

    [Fact]
    public void A_node_that_stops_is_forgotten_once()
    {
        _nodes.Heard(s_one, now: 0);
        Assert.True(_nodes.Forget(s_one));
        Assert.False(_nodes.Forget(s_one));
        Assert.Equal(0, _nodes.Count);
    }

    [Fact]
    public void Each_asked_node_counts_once_and_members_are_limited()
    {
        var question = new PresenceQuestion(limit: 3, new PresenceSnapshot(1, [Member("a")], IsComplete: true), [s_one, s_two]);
        question.Answer(new NodeId(3), 10, [Member("stranger")]);
        question.Answer(s_one, 2, [Member("b"), Member("c")]);
        question.Answer(s_one, 2, [Member("b"), Member("c")]);
        Assert.False(question.Answered.IsCompleted);
        Assert.Equal((3, false), (question.Result().Count, question.Result().IsComplete));

        question.Answer(s_two, 1, [Member("d")]);

        Assert.True(question.Answered.IsCompleted);
        var result = question.Result();
        Assert.Equal((4, true), (result.Count, result.IsComplete));
        Assert.Equal(["a", "b", "c"], result.Members.Select(static member => member.ConnectionId));
    }

    [Fact]
    public void A_query_does_not_wait_for_a_node_that_is_gone()
    {
        var question = new PresenceQuestion(limit: 3, new PresenceSnapshot(0, [], IsComplete: true), [s_one, s_two]);
        question.Gone(s_one);
        Assert.False(question.Answered.IsCompleted);
        question.Gone(s_two);
        Assert.True(question.Answered.IsCompleted);
        Assert.True(question.Result().IsComplete);
    }

    [Theory]
    [InlineData("AAAAAAAAAAE.x", true)]
    [InlineData("AAAAAAAAAAE.", false)]
    [InlineData("AAAAAAAAAAE-x", false)]
    [InlineData("AAAAAAAAAAE", false)]
    [InlineData("AAAA AAAAAE.x", false)]
    [InlineData("AAAAAAAAAA.xx", false)]
    [InlineData("", false)]
    public void The_node_of_a_connection_is_in_its_id(string id, bool hasNode) => Assert.Equal(hasNode ? s_one : null, NodeId.Of(id));

    [Fact]
    public void A_marked_id_has_the_node()
    {
        var node = NodeId.New();
        Assert.Equal(node, NodeId.Of(node.Mark("c")));
        Assert.NotEqual(node, NodeId.New());
    }

    private static PresenceMember Member(string id) => new(id, null, null);
}
