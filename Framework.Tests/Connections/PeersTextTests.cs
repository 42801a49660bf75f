using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The log doesn't present a peer's text as its own, and a peer's refusal is not logged as a failure of the server.</summary>
public class PeersTextTests
{
    private const string Evil = "ok\\r\\nfail: forged \\u001b[2J \\u202e";
    private readonly TestLife _life = new();

    [Theory]
    [InlineData("message")]
    [InlineData("connected")]
    [InlineData("background")]
    public async Task A_peers_refusal_is_not_logged_as_a_failure_and_its_text_is_cleaned(string where)
    {
        Arrange(where);
        await using var server = Server();
        var client = await server.OpenAsync();
        if (where == "message")
        {
            await client.TextAsync("""{"type":"x"}""");
        }

        Assert.Contains("\"ask\"", await client.TextAsync(), StringComparison.Ordinal);
        await client.TextAsync($$"""{"type":"error","id":1,"code":"{{Evil}}","message":"{{Evil}}{{new string('x', 10_000)}}"}""");
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        await server.EndedAsync();

        HoldsNoPeersText(server);
        var entry = Assert.Single(server.Logs.AboveDebug);
        Assert.Equal((123, LogLevel.Information), (entry.Id, entry.Level));
        var error = Assert.IsType<PeerErrorException>(entry.Exception);
        Assert.Contains("\r\nfail: forged \u001b", error.PeerMessage, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 201);
    }

    [Theory]
    [InlineData("connected")]
    [InlineData("background")]
    public async Task An_unreadable_reply_is_not_logged_as_a_failure(string where)
    {
        Arrange(where);
        await using var server = Server();
        var client = await server.OpenAsync();
        await client.TextAsync();

        await client.TextAsync($$"""{"type":"reply","id":1,"data":{"{{Evil}}":1} }""");
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        await client.CloseAsync();
        await server.EndedAsync();

        HoldsNoPeersText(server);
        Assert.Equal((123, LogLevel.Information), Assert.Single(server.Logs.AboveDebug.Select(static entry => (entry.Id, entry.Level))));
    }

    [Fact]
    public void The_path_and_the_cause_of_an_unfit_payload_are_cleaned()
    {
        var values = TestProtocol.Codec.GetSerializer<Dictionary<string, int>>();

        var error = Assert.Throws<PayloadException>(() => values.Read(System.Text.Encoding.UTF8.GetBytes($$"""{"{{Evil}}{{new string('x', 10_000)}}":"no"}""")));

        Assert.DoesNotContain(error.ToString().ReplaceLineEndings(""), char.IsControl);
        Assert.InRange(error.Message.Length, 1, 300);
        Assert.DoesNotContain("\nfail", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_of_a_closed_connection_is_cleaned()
    {
        var error = new ConnectionClosedException(new CloseInfo(1000, "bye\r\nfail: forged", CloseInitiator.Peer));

        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.Equal("bye\r\nfail: forged", error.Close.Reason);
    }

    private TestServer Server() => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, Ask));
        builder.AddClientContract<IEvents>(static target => new EventsProxy(target));
    });

    private static void HoldsNoPeersText(TestServer server) => Assert.All(server.Logs.Entries, entry =>
    {
        Assert.DoesNotContain(entry.Message, char.IsControl);
        Assert.DoesNotContain("\nfail", entry.Exception?.ToString() ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', entry.Exception?.ToString() ?? "");
    });

    private void Arrange(string where)
    {
        if (where == "connected")
        {
            _life.Connected = static async handler => await handler.Connection.Client<IEvents>().AskAsync("?");
        }
        else if (where == "background")
        {
            _life.Background = static handler => handler.Connection.Client<IEvents>().AskAsync("?").AsTask();
        }
    }

    private static ValueTask Ask(TestHandler handler, ref MessageCall<JsonMessageFormat> call) =>
        call.Reply(handler.Connection.Client<IEvents>().AskAsync("?"), TestProtocol.Strings);
}
