using UpgradeProtocols.Testing;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A request needs a connection of this node: the error says whether the connection is elsewhere or gone.</summary>
public class RequestsBetweenNodesTests
{
    [Fact]
    public async Task A_connection_of_another_node_is_not_asked_and_one_of_an_unknown_node_is_gone()
    {
        var network = new InProcessNetwork();
        await using var one = await TestNode.StartAsync(_ => network.Connect());
        await using var two = await TestNode.StartAsync(_ => network.Connect());
        await TestNode.MeetAsync(one, two);
        var (_, there) = await two.OpenAsync();

        var elsewhere = await Assert.ThrowsAsync<InvalidOperationException>(async () => await one.Clients.Connection(there.Id).AskAsync("?"));
        Assert.Contains("on another node", elsewhere.Message, StringComparison.Ordinal);
        foreach (var id in (string[])[NodeId.New().Mark("x"), one.Link.Node.Mark("x"), "x"])
        {
            await Assert.ThrowsAsync<ConnectionClosedException>(async () => await one.Clients.Connection(id).AskAsync("?"));
            Assert.Equal(SendOutcome.Closed, (await one.Clients.Connection(id).SaidAsync("late")).Outcome);
        }
    }
}
