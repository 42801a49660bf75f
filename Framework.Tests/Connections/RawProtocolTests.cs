using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>Raw protocols, with framing and without (N6, N8, W9, W10, W14 as they are for them).</summary>
public class RawProtocolTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact, Trait("rule", "N8")]
    public async Task Messages_that_a_framed_handler_sends_after_the_FIN_arrive()
    {
        await using var server = Lines(Slowly);
        var client = await OpenAsync(server, "lines/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("one\ntwo\n");

        client.Shut();
        _release.SetResult();

        Assert.Equal("one\ntwo\n", await client.RestAsync());
        await EndedAsync(server, handler, new CloseInfo(1000, "", CloseInitiator.Peer));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "N8")]
    public async Task A_message_that_was_cut_off_is_told_and_what_came_before_it_is_answered()
    {
        await using var server = Lines(Slowly);
        var client = await OpenAsync(server, "lines/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("one\ntw");

        client.Shut();
        _release.SetResult();

        Assert.Equal("one\n", await client.RestAsync());
        await EndedAsync(server, handler, new CloseInfo(1006, "The peer closed the connection within a message.", CloseInitiator.Peer));
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_framed_peer_that_vanishes_is_told_once()
    {
        await using var server = Lines(Slowly);
        var client = await OpenAsync(server, "lines/1");
        var handler = await _life.NextAsync();
        await client.SendAsync("one\ntw");
        _release.SetResult();
        Assert.Equal("one\n", await client.StringAsync(4));

        client.Abort();

        await EndedAsync(server, handler, new CloseInfo(1006, "", CloseInitiator.Transport));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task A_framed_message_that_is_too_large_ends_the_connection()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Lines(_life, TestProtocol.Echo, maxMessageSize: 10)));
        var client = await OpenAsync(server, "lines/1");
        var handler = await _life.NextAsync();

        await client.SendAsync("0123456789\n0123456789a");

        var rest = client.RestAsync();
        await server.AdvanceUntilAsync(rest, TimeSpan.FromSeconds(1));
        Assert.Equal("0123456789\n", await rest);
        Assert.Equal((1009, CloseInitiator.Local), (((await handler.Disconnected).Code, handler.Disconnections[0].Initiator)));
    }

    [Fact]
    public async Task Invalid_UTF8_in_a_line_ends_the_connection()
    {
        await using var server = Lines(TestProtocol.Echo);
        var client = await OpenAsync(server, "lines/1");

        await client.SendAsync("good\nb\u00ffd\nnever\n");

        var rest = client.RestAsync();
        await server.AdvanceUntilAsync(rest, TimeSpan.FromSeconds(1));
        Assert.Equal("good\n", await rest);
        Assert.Equal(1007, (await (await _life.NextAsync()).Disconnected).Code);
    }

    [Fact]
    public async Task CloseAsync_sends_what_was_sent_before_and_ends_a_framed_connection()
    {
        await using var server = Lines(TestProtocol.Echo);
        var client = await OpenAsync(server, "lines/1");
        var handler = await _life.NextAsync();
        await handler.Connection.SendAsync("last");

        await handler.Connection.CloseAsync();

        Assert.Equal("last\n", await client.RestAsync());
        await EndedAsync(server, handler, new CloseInfo(1000, "", CloseInitiator.Local));
    }

    [Fact, Trait("rule", "W8")]
    public async Task A_framed_peer_that_does_not_read_is_aborted_after_the_close_timeout()
    {
        await using var server = Lines(TestProtocol.Echo);
        var client = server.Connect(holdUpAt: 100);
        await client.OpenRawAsync("/", "lines/1");
        var handler = await _life.NextAsync();
        await handler.Connection.SendAsync(new string('x', 1000));

        await handler.Connection.CloseAsync();

        Assert.InRange(await server.AdvanceUntilAsync(handler.Disposed), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8));
        Assert.True(client.Aborted.IsCompleted);
    }

    [Theory, Trait("rule", "W9")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_in_a_framed_handler_ends_the_connection(bool inConnected)
    {
        if (inConnected)
        {
            _life.Connected = _ => throw new InvalidOperationException("x");
        }

        await using var server = Lines((_, ref _) => throw new InvalidOperationException("x"));
        var client = await OpenAsync(server, "lines/1");
        if (!inConnected)
        {
            await client.SendAsync("boom\n");
        }

        Assert.Equal("", await client.RestAsync());
        Assert.Equal(1011, (await (await _life.NextAsync()).Disconnected).Code);
        Assert.Equal(102, Assert.Single(server.Logs.AboveDebug).Id);
    }

    [Fact, Trait("rule", "N8"), Trait("rule", "N6")]
    public async Task A_pipe_handler_gets_the_body_the_bytes_that_came_with_the_head_and_the_FIN()
    {
        await using var server = Pipes(async (handler, pipe) =>
        {
            await pipe.Output.WriteAsync(handler.Connection.Request.Body);
            await pipe.Input.CopyToAsync(pipe.Output);
            await pipe.Output.WriteAsync("after the FIN"u8.ToArray());
        });
        var client = server.Connect();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: pipe/1\r\nContent-Length: 5\r\n\r\nbody,early,");
        Assert.Equal(101, (await client.ResponseAsync()).Status);
        await client.SendAsync("later,");
        client.Shut();

        Assert.Equal("body,early,later,after the FIN", await client.RestAsync());
        await EndedAsync(server, await _life.NextAsync(), new CloseInfo(1000, "", CloseInitiator.Local));
    }

    [Fact, Trait("rule", "W10")]
    public async Task A_pipe_handler_that_ends_by_its_token_loses_nothing_it_wrote()
    {
        await using var server = Pipes(async (handler, pipe) =>
        {
            await pipe.Output.WriteAsync("hello"u8.ToArray());
            try
            {
                await pipe.Input.ReadAsync(handler.Connection.Closed);
            }
            finally
            {
                pipe.Output.Write("bye"u8);
            }
        });
        var client = await OpenAsync(server, "pipe/1");
        Assert.Equal("hello", await client.StringAsync(5));

        server.Stop();

        Assert.Equal("bye", await client.RestAsync());
        Assert.False(client.Aborted.IsCompleted);
        var close = await (await _life.NextAsync()).Disconnected;
        Assert.Equal((1001, CloseInitiator.Local), (close.Code, close.Initiator));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "W14")]
    public async Task A_pipe_peer_that_vanishes_is_told_as_1006()
    {
        await using var server = Pipes((_, pipe) => pipe.Input.CopyToAsync(pipe.Output));
        var client = await OpenAsync(server, "pipe/1");
        var handler = await _life.NextAsync();

        client.Abort();

        await EndedAsync(server, handler, new CloseInfo(1006, "", CloseInitiator.Transport));
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact, Trait("rule", "W9")]
    public async Task An_exception_in_a_pipe_handler_aborts_the_connection()
    {
        await using var server = Pipes((_, _) => throw new InvalidOperationException("x"));
        var client = await OpenAsync(server, "pipe/1");

        await client.Aborted;
        await EndedAsync(server, await _life.NextAsync(), new CloseInfo(1011, "The server failed to handle a message.", CloseInitiator.Local));
    }

    private static async Task<TestClient> OpenAsync(TestServer server, string token)
    {
        var client = server.Connect();
        await client.OpenRawAsync("/", token);
        return client;
    }

    private static async Task EndedAsync(TestServer server, TestHandler handler, CloseInfo expected)
    {
        await handler.Disposed;
        await server.EndedAsync();
        Assert.Equal(expected, Assert.Single(handler.Disconnections));
        Assert.Equal((1, 1), (handler.ConnectedCount, handler.DisposalCount));
        Assert.Equal(0, server.Hub.Count);
    }

    private ValueTask Slowly(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Reply(SlowlyAsync(Encoding.UTF8.GetString(call.Payload)), TextPayload.Instance);

    private async ValueTask<string> SlowlyAsync(string text)
    {
        await _release.Task;
        return text;
    }

    private TestServer Lines(MessageMethod<RawMessageFormat> method) => new(builder => builder.AddProtocol(TestProtocol.Lines(_life, method)));

    private TestServer Pipes(Func<TestHandler, IDuplexPipe, Task> method) =>
        new(builder => builder.AddProtocol(TestProtocol.Pipe(_life, method, "/", "pipe/1", "GET", "POST")));
}
