using System.Net;
using System.Text;

namespace UpgradeProtocols.Tests.EndToEnd;

public class ChatWireTests(ChatServer chat) : ChatWireBehaviour(chat), IClassFixture<ChatServer>;

public class ChatWireOnEpollTests(ChatServer.OnEpoll chat) : ChatWireBehaviour(chat), IClassFixture<ChatServer.OnEpoll>
{
    [Fact]
    public void Its_loops_serve()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere Kestrel's transport goes on serving.");
        Assert.Contains("epoll 0", Chat.Server.ThreadNames);
    }
}

/// <summary>The chat server on bare sockets and by plain HTTP.</summary>
public abstract class ChatWireBehaviour(ChatServer chat)
{
    private protected ChatServer Chat => chat;

    [Fact]
    public async Task The_page_is_there_from_any_start_folder_of_the_server()
    {
        using var http = new HttpClient { BaseAddress = chat.Server.Address };
        using var page = await http.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType?.ToString());
        Assert.Contains("<title>Chat</title>", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var head = await http.SendAsync(new(HttpMethod.Head, "/"), TestContext.Current.CancellationToken);
        Assert.Equal(page.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        using var other = await http.GetAsync("/nothing", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task The_page_requests_nothing_from_other_hosts()
    {
        using var http = new HttpClient { BaseAddress = chat.Server.Address };
        var page = await http.GetStringAsync("/", TestContext.Current.CancellationToken);
        Assert.DoesNotMatch("""(src|href)="(?!data:)|@import|url\((?!data:)|innerHTML""", page);
    }

    [Fact]
    public async Task A_plain_request_for_the_chat_is_told_to_upgrade()
    {
        using var http = new HttpClient { BaseAddress = chat.Server.Address };
        using var answer = await http.GetAsync("/chat", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
    }

    [Fact]
    public async Task Everything_may_come_byte_by_byte()
    {
        using var socket = new RawWebSocket(chat.Server.Port);
        var head = await socket.OpenAsync("/chat", "chat.v0, chat.v2, chat.v1", pieces: 1);
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Protocol: chat.v2\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head, StringComparison.OrdinalIgnoreCase);

        var room = chat.NewRoom();
        await socket.SendAsync($$$"""{"type":"join","id":1,"data":{"room":"{{{room}}}","name":"Ann"}}""", pieces: 1);
        Assert.Equal($$$"""{"type":"reply","id":1,"data":{"room":"{{{room}}}","members":["Ann"]}}""", await socket.ReceiveAsync());
    }

    [Fact]
    public async Task A_ping_between_the_fragments_of_a_message_is_answered_first()
    {
        using var socket = new RawWebSocket(chat.Server.Port);
        await socket.OpenAsync("/chat", "chat.v2");
        var room = chat.NewRoom();
        await socket.SendFrameAsync(0x01, Encoding.UTF8.GetBytes("""{"type":"join","id":1,"""));
        await socket.SendFrameAsync(0x89, [1, 2, 3]);
        await socket.SendFrameAsync(0x80, Encoding.UTF8.GetBytes($$$""" "data":{"room":"{{{room}}}","name":"Ann"}}"""));
        var (first, payload) = await socket.ReceiveFrameAsync();
        Assert.Equal(0x8a, first);
        Assert.Equal([1, 2, 3], payload);
        Assert.Equal($$$"""{"type":"reply","id":1,"data":{"room":"{{{room}}}","members":["Ann"]}}""", await socket.ReceiveAsync());
    }

    [Theory]
    [InlineData(0x82, "bytes", 1003)]
    [InlineData(0x83, "a reserved opcode", 1002)]
    public async Task Frames_that_the_chat_does_not_have_close_the_connection(byte first, string payload, int code)
    {
        using var socket = new RawWebSocket(chat.Server.Port);
        await socket.OpenAsync("/chat", "chat.v2");
        await socket.SendFrameAsync(first, Encoding.UTF8.GetBytes(payload));
        var (opcode, close) = await socket.ReceiveFrameAsync();
        Assert.Equal((0x88, code), (opcode, (close[0] << 8) | close[1]));
        await socket.ExpectEndAsync();
    }

    [Fact]
    public async Task Without_a_subprotocol_there_is_no_chat()
    {
        using var socket = new RawWebSocket(chat.Server.Port);
        Assert.StartsWith("HTTP/1.1 400 ", await socket.OpenAsync("/chat", null), StringComparison.Ordinal);
    }
}
