using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Backplane;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A message is written into the thread's writer, which is free for the next message afterwards.</summary>
public class WriterReturnTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task A_push_returns_its_writer()
    {
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing));
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        });
        await server.OpenAsync();
        var connection = (await _life.NextAsync()).Connection;
        var clients = server.Services.GetRequiredService<IClients<IEvents>>();
        AssertReturned(() => Assert.True(clients.Connection(connection).SaidAsync("one").AsTask().IsCompleted));
        AssertReturned(() => Assert.True(clients.All.SaidAsync("all").AsTask().IsCompleted));
        using var cancellation = new CancellationTokenSource();
        AssertReturned(() => Assert.False(clients.Connection(connection).AskAsync("?", cancellation.Token).AsTask().IsCompleted));
    }

    [Fact]
    public async Task A_push_between_nodes_returns_its_writer()
    {
        var network = new InProcessNetwork();
        await using var one = await TestNode.StartAsync(_ => network.Connect());
        await using var two = await TestNode.StartAsync(_ => network.Connect());
        await TestNode.MeetAsync(one, two);
        await one.OpenAsync("room");
        var (_, there) = await two.OpenAsync("room");
        AssertReturned(() => Assert.True(one.Clients.Group("room").SaidAsync("all").AsTask().IsCompleted));
        AssertReturned(() => Assert.True(one.Clients.Connection(there.Id).SaidAsync("one").AsTask().IsCompleted));
        AssertReturned(() => one.Presence.GetGroupAsync("room", cancellationToken: TestContext.Current.CancellationToken).AsTask());
        AssertReturned(() => one.Server.Hub.Presence.Asked(one.Link, two.Link.Node, default));
    }

    [Fact]
    public void The_check_of_a_message_that_waits_returns_its_writer()
    {
        var framing = new RawFraming<LineFraming>(new LineFraming());
        AssertReturned(() => framing.Check("text"u8));
        AssertReturned(() => Assert.ThrowsAny<ArgumentException>(() => framing.Check("a\nb"u8)));
    }

    private static void AssertReturned(Action write)
    {
        var writer = MessageWriter.Rent();
        writer.Return();
        write();
        var next = MessageWriter.Rent();
        next.Return();
        Assert.Same(writer, next);
    }
}
