using System.Text;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Conversations;

/// <summary>Both ends of a conversation, on bytes alone.</summary>
public class ConversationTests
{
    private static readonly DeflateAgreement s_deflate = new();

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string> Roles => ["Server", "Client"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_pass_in_order_both_ways(bool isCompressed)
    {
        var (server, client) = ConversationEnd.Pair(_time, compression: isCompressed ? s_deflate : null);
        await using var first = server;
        await using var second = client;
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => string.Concat(Enumerable.Repeat($"{i} ", 1 + (i * 37 % 500))))];

        foreach (var text in texts)
        {
            client.Send(text);
            server.Send("back " + text);
        }

        foreach (var text in texts)
        {
            Assert.Equal(text, await server.Queue.NextAsync());
            Assert.Equal("back " + text, await client.Queue.NextAsync());
        }
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_close_is_answered_and_ends_both(string closes)
    {
        var (one, other) = Pair(closes);

        one.Send("last");
        one.Conversation.BeginClose(4001, "enough");
        await Task.WhenAll(one.Ended, other.Ended);

        Assert.Equal("last", await other.Queue.NextAsync());
        Assert.Equal(new CloseInfo(4001, "enough", CloseInitiator.Local), one.Conversation.Close);
        Assert.Equal(new CloseInfo(4001, "enough", CloseInitiator.Peer), other.Conversation.Close);
        Assert.True(one.Conversation.Closed.IsCancellationRequested);
        Assert.True(other.Conversation.Closed.IsCancellationRequested);
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_peer_that_does_not_answer_the_close_is_aborted(string closes)
    {
        var (near, _) = ConversationEnd.Connect();
        await using var end = new ConversationEnd(Enum.Parse<WebSocketRole>(closes), near, _time).Start();

        end.Conversation.BeginClose(1000, "");
        Assert.False(end.Ended.IsCompleted);
        _time.Advance(end.Options.CloseTimeout + TimeSpan.FromSeconds(1));

        await end.Ended;
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_frame_with_the_masking_of_the_other_side_is_a_fault(string reads)
    {
        var (near, far) = ConversationEnd.Connect();
        await using var end = new ConversationEnd(Enum.Parse<WebSocketRole>(reads), near, _time).Start();

        await far.Output.WriteAsync(ClientFrames.Frame(1, "hello"u8, masked: reads == "Client"));

        Assert.True(SpinWait.SpinUntil(() => end.Conversation.IsClosing, Patience.Limit));
        Assert.Equal(1002, end.Conversation.Close!.Value.Code);
        Assert.Equal([1002], end.Faults);
        Assert.False(end.Queue.TryNext(out _));
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_side_sends_with_its_own_masking(string sends)
    {
        var (near, far) = ConversationEnd.Connect();
        await using var end = new ConversationEnd(Enum.Parse<WebSocketRole>(sends), near, _time).Start();

        end.Send("hi");

        var frame = (await far.Input.ReadAtLeastAsync(sends == "Client" ? 8 : 4)).Buffer.FirstSpan.ToArray();
        Assert.Equal(0x81, frame[0]);
        if (sends == "Client")
        {
            Assert.Equal(0x82, frame[1]);
            Assert.Equal("hi", $"{(char)(frame[6] ^ frame[2])}{(char)(frame[7] ^ frame[3])}");
        }
        else
        {
            Assert.Equal([0x81, 2, (byte)'h', (byte)'i'], frame);
        }
    }

    [Fact]
    public async Task A_quiet_peer_is_pinged_and_stays()
    {
        var (server, client) = ConversationEnd.Pair(_time);
        await using var first = server;
        await using var second = client;

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            client.Send($"{i}");
            server.Send($"{i}");
            Assert.Equal($"{i}", await server.Queue.NextAsync());
            Assert.Equal($"{i}", await client.Queue.NextAsync());
        }

        Assert.Null(server.Conversation.Close);
        Assert.Null(client.Conversation.Close);
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_silent_peer_is_lost(string waits)
    {
        var (near, far) = ConversationEnd.Connect();
        await using var end = new ConversationEnd(Enum.Parse<WebSocketRole>(waits), near, _time).Start();

        for (var i = 0; i < 200 && !end.Conversation.IsClosing; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await end.Ended;
        Assert.Equal(1006, end.Conversation.Close!.Value.Code);
        Assert.Equal(CloseInitiator.Transport, end.Conversation.Close!.Value.Initiator);
        var ping = (await far.Input.ReadAsync()).Buffer.FirstSpan[0];
        Assert.Equal(0x89, ping);
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_lost_transport_ends_the_conversation_with_1006(string stays)
    {
        var (near, far) = ConversationEnd.Connect();
        await using var end = new ConversationEnd(Enum.Parse<WebSocketRole>(stays), near, _time).Start();

        await far.Output.CompleteAsync();

        await end.Ended;
        Assert.Equal(new CloseInfo(1006, "", CloseInitiator.Transport), end.Conversation.Close);
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_handler_that_throws_closes_with_1011_and_the_text_stays_here(string throws)
    {
        var (one, other) = Pair(throws);

        other.Send("throw");
        await Task.WhenAll(one.Ended, other.Ended);

        Assert.Equal(new CloseInfo(1011, $"The {throws.ToLowerInvariant()} failed to handle a message.", CloseInitiator.Peer), other.Conversation.Close);
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task Messages_wait_behind_the_one_that_is_handled(string handles)
    {
        var (one, other) = Pair(handles);
        await using var first = one;
        await using var second = other;

        other.Send("wait");
        other.Send("later");
        Assert.Equal("wait", await one.Queue.NextAsync());
        Assert.True(SpinWait.SpinUntil(() => one.Queue.HasWaiting, Patience.Limit));
        Assert.False(one.Queue.TryNext(out _));
        one.Queue.Release();

        Assert.Equal("later", await one.Queue.NextAsync());
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_request_gets_its_reply_though_messages_wait(string asks)
    {
        var (one, other) = Pair(asks);
        await using var first = one;
        await using var second = other;
        other.Send("wait");
        Assert.Equal("wait", await one.Queue.NextAsync());

        var reply = AskAsync(one);
        Assert.Equal("""{"type":"ask","id":1,"data":5}""", await other.Queue.NextAsync());
        other.Send("""{"type":"reply","id":1,"data":6}""");

        Assert.Equal(6, await reply.WaitAsync(Patience.Limit));
        Assert.True(one.Queue.Requests.IsEmpty);
        one.Queue.Release();
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_request_without_a_reply_fails_after_its_time(string asks)
    {
        var (one, other) = Pair(asks);
        await using var first = one;
        await using var second = other;

        var reply = AskAsync(one);
        await other.Queue.NextAsync();
        for (var i = 0; i < 40 && !reply.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await Assert.ThrowsAsync<TimeoutException>(() => reply);
        Assert.True(SpinWait.SpinUntil(() => one.Queue.Requests.IsEmpty, Patience.Limit));
    }

    [Theory, MemberData(nameof(Roles))]
    public async Task A_request_fails_with_the_end_of_the_connection(string asks)
    {
        var (one, other) = Pair(asks);

        var reply = AskAsync(one);
        await other.Queue.NextAsync();
        other.Conversation.BeginClose(4005, "away");
        await Task.WhenAll(one.Ended, other.Ended);

        Assert.Equal(4005, (await Assert.ThrowsAsync<ConnectionClosedException>(() => reply)).Close.Code);
        await Assert.ThrowsAsync<ConnectionClosedException>(() => AskAsync(one));
    }

    private (ConversationEnd One, ConversationEnd Other) Pair(string role)
    {
        var (server, client) = ConversationEnd.Pair(_time);
        return role == "Server" ? (server, client) : (client, server);
    }

    private static Task<int> AskAsync(ConversationEnd end) => end.Queue.Requests.SendAsync(
        5,
        static (output, id, number) =>
        {
            output.Write(Encoding.UTF8.GetBytes($$"""{"type":"ask","id":{{Encoding.UTF8.GetString(id)}},"data":{{number}}}"""));
            return MessageKind.Text;
        },
        new Number(),
        CancellationToken.None).AsTask();

    private sealed class Number : PayloadSerializer<int>
    {
        public override MessageKind Kind => MessageKind.Text;

        public override int Read(ReadOnlySpan<byte> payload) => int.Parse(payload, System.Globalization.CultureInfo.InvariantCulture);

        public override void Write(System.Buffers.IBufferWriter<byte> output, int value) => throw new NotSupportedException();
    }
}
