using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The connections that a call of a client contract reaches, and the answer where there is none.</summary>
public class CallTargetTests
{
    private static readonly PushMethod<string> s_onlyOfTwo = new("said", ["two"]);

    private readonly TestLife _life = new();

    [Fact]
    public async Task A_request_to_a_user_needs_exactly_one_open_connection()
    {
        await using var server = Server();
        var clients = server.Services.GetRequiredService<IClients<IEvents>>();
        await Assert.ThrowsAsync<ConnectionClosedException>(async () => await clients.User("ann").AskAsync("?"));

        var first = await OpenAsync(server, "one", "ann");
        var reply = clients.User("ann").AskAsync("?").AsTask();
        Assert.Contains("ask", await first.Client.TextAsync(), StringComparison.Ordinal);
        await first.Client.TextAsync("""{"type":"reply","id":1,"data":"one"}""");
        Assert.Equal("one", await reply.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken));

        var second = await OpenAsync(server, "one", "ann");
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () => await clients.User("ann").AskAsync("?"));
        Assert.Contains("2 connections", exception.Message, StringComparison.Ordinal);

        first.Connection.Abort();
        var again = clients.User("ann").AskAsync("?").AsTask();
        Assert.Contains("ask", await second.Client.TextAsync(), StringComparison.Ordinal);
        await second.Client.TextAsync("""{"type":"reply","id":1,"data":"two"}""");
        Assert.Equal("two", await again.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_request_to_a_closed_connection_has_the_reason_of_the_end()
    {
        await using var server = Server();
        var (client, connection) = await OpenAsync(server, "one");
        var events = new EventsProxy(ClientTarget.One(server.Hub, connection));
        await client.CloseAsync(4000, "bye");
        await server.EndedAsync();

        var exception = await Assert.ThrowsAsync<ConnectionClosedException>(async () => await events.AskAsync("?"));
        Assert.Equal(4000, exception.Close.Code);
        var unknown = await Assert.ThrowsAsync<ConnectionClosedException>(
            async () => await new EventsProxy(ClientTarget.One(server.Hub, "nobody")).AskAsync("?"));
        Assert.Equal(1006, unknown.Close.Code);
        Assert.Equal(SendOutcome.Closed, (await events.SaidAsync("late")).Outcome);
        Assert.Equal(SendOutcome.Closed, (await new EventsProxy(ClientTarget.One(server.Hub, "nobody")).SaidAsync("late")).Outcome);
    }

    [Fact]
    public async Task A_version_without_the_message_gets_nothing()
    {
        await using var server = Server();
        var one = await OpenAsync(server, "one");
        var two = await OpenAsync(server, "two");
        foreach (var target in (ClientTarget[])[ClientTarget.All(server.Hub, null), ClientTarget.One(server.Hub, one.Connection), ClientTarget.One(server.Hub, two.Connection)])
        {
            Assert.Equal(SendOutcome.Sent, (await new VersionProxy(target).SaidAsync("for two")).Outcome);
        }

        await new EventsProxy(ClientTarget.All(server.Hub, null)).SaidAsync("for both");

        Assert.Contains("for both", await one.Client.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("for two", await two.Client.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("for two", await two.Client.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("for both", await two.Client.TextAsync(), StringComparison.Ordinal);
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await new VersionProxy(ClientTarget.One(server.Hub, one.Connection)).AskAsync());
        Assert.Contains("doesn't declare this request", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_without_a_result_fails_as_its_push_does()
    {
        await using var server = Server();
        var (client, connection) = await OpenAsync(server, "one");
        var proxy = new VersionProxy(ClientTarget.One(server.Hub, connection));
        await proxy.TellAsync("told");
        Assert.Contains("told", await client.TextAsync(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await proxy.TellAsync(null!));
    }

    [Fact]
    public async Task A_message_without_a_result_is_awaited_while_its_receiver_has_no_room()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, policy: SlowConsumerPolicy.Wait)),
            options => options.MaxOutboundBytes = 500);
        var client = await server.OpenAsync(holdUpAt: 100);
        var connection = (await _life.NextAsync()).Connection;
        var proxy = new VersionProxy(ClientTarget.One(server.Hub, connection));
        var sends = Enumerable.Range(0, 20).Select(_ => proxy.TellAsync(new string('.', 100)).AsTask()).ToList();
        Assert.False(sends[^1].IsCompleted);
        for (var i = 0; i < 20; i++)
        {
            await client.TextAsync();
        }

        await Task.WhenAll(sends).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
    }

    private async Task<(TestClient Client, UpgradeConnection Connection)> OpenAsync(TestServer server, string protocol, string? user = null)
    {
        var client = server.Connect();
        await client.OpenAsync("/", $"Sec-WebSocket-Protocol: {protocol}\r\n");
        var connection = (await _life.NextAsync()).Connection;
        if (user is not null)
        {
            connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user)], "test")));
        }

        return (client, connection);
    }

    private TestServer Server() => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, name: "one"));
        builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, name: "two"));
        builder.AddClientContract<IEvents>(target => new EventsProxy(target));
    });

    private sealed class VersionProxy(ClientTarget target) : ClientProxy(target, typeof(IEvents))
    {
        private static readonly PushMethod<string> s_failing = new("said", serializer: new Failing());

        public ValueTask<SendResult> SaidAsync(string text) => PushAsync(s_onlyOfTwo, text);

        public ValueTask<string> AskAsync() => RequestAsync<string, string>(s_onlyOfTwo, "?", CancellationToken.None);

        public ValueTask TellAsync(string text) => SendAsync(s_failing, text);
    }

    private sealed class Failing : PayloadSerializer<string>
    {
        public override MessageKind Kind => MessageKind.Text;

        public override void Write(System.Buffers.IBufferWriter<byte> output, string value) =>
            TestProtocol.Strings.Write(output, value ?? throw new InvalidOperationException("No text."));

        public override string Read(ReadOnlySpan<byte> payload) => throw new NotSupportedException();
    }
}
