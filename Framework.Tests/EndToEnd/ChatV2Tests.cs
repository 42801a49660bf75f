using System.Globalization;
using System.Net.WebSockets;

namespace UpgradeProtocols.Tests.EndToEnd;

public class ChatV2Tests(ChatServer chat) : ChatV2Behaviour(chat), IClassFixture<ChatServer>;

public class ChatV2OnEpollTests(ChatServer.OnEpoll chat) : ChatV2Behaviour(chat), IClassFixture<ChatServer.OnEpoll>;

/// <summary>chat.v2 from a client's side: what it sends, and word for word what it gets.</summary>
public abstract class ChatV2Behaviour(ChatServer chat)
{
    [Fact]
    public async Task A_join_returns_the_members_and_notifies_the_others()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.ConnectAsync();
        await ann.SendAsync($$$"""{"type":"join","id":1,"data":{"room":"{{{room}}}","name":"Ann"}}""");
        await ann.ExpectAsync($$$"""{"type":"reply","id":1,"data":{"room":"{{{room}}}","members":["Ann"]}}""");
        await using var bob = await chat.ConnectAsync();
        await bob.SendAsync($$$"""{"data":{"name":" Bob ","room":"{{{room}}}","more":[1]},"id":"x-2","type":"join","more":{} }""");
        await bob.ExpectAsync($$$"""{"type":"reply","id":"x-2","data":{"room":"{{{room}}}","members":["Ann","Bob"]}}""");
        await ann.ExpectAsync($$$"""{"type":"joined","data":{"room":"{{{room}}}","name":"Bob"}}""");
    }

    [Fact]
    public async Task A_message_reaches_every_member_of_the_room_and_its_sender()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        await using var bob = await chat.JoinAsync(room, "Bob", ann);
        await using var other = await chat.JoinAsync(chat.NewRoom(), "Cleo");

        await ann.SendAsync($$$"""{"type":"say","data":{"room":"{{{room}}}","text":"no reply wanted"}}""");
        await ann.SendAsync($$$"""{"type":"say","id":7,"data":{"room":"{{{room}}}","text":"<b>zwei</b> \"ünï\" 🚆"}}""");
        foreach (var client in (ChatClient[])[ann, bob])
        {
            await client.ExpectAsync($$$"""{"type":"said","data":{"room":"{{{room}}}","name":"Ann","text":"no reply wanted"}}""");
            await client.ExpectAsync($$$"""{"type":"said","data":{"room":"{{{room}}}","name":"Ann","text":"<b>zwei</b> \"ünï\" 🚆"}}""");
        }

        await ann.ExpectAsync("""{"type":"reply","id":7,"data":{}}""");
        await ProveNothingCame(other);
    }

    [Fact]
    public async Task History_is_a_stream_of_the_last_messages_in_their_order()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        for (var i = 1; i <= 3; i++)
        {
            await ann.SendAsync($$$"""{"type":"say","data":{"room":"{{{room}}}","text":"{{{i}}}"}}""");
            await ann.ExpectAsync($$$"""{"type":"said","data":{"room":"{{{room}}}","name":"Ann","text":"{{{i}}}"}}""");
        }

        await ann.SendAsync($$$"""{"type":"history","id":1,"data":{"room":"{{{room}}}","count":2}}""");
        await ann.ExpectAsync($$$"""{"type":"next","id":1,"data":{"room":"{{{room}}}","name":"Ann","text":"2"}}""");
        await ann.ExpectAsync($$$"""{"type":"next","id":1,"data":{"room":"{{{room}}}","name":"Ann","text":"3"}}""");
        await ann.ExpectAsync("""{"type":"complete","id":1}""");
        await ann.SendAsync($$$"""{"type":"history","id":1,"data":{"room":"{{{room}}}","count":0}}""");
        await ann.ExpectAsync("""{"type":"complete","id":1}""");
        await ann.SendAsync("""{"type":"history","id":2,"data":{"room":"never seen","count":9}}""");
        await ann.ExpectAsync("""{"type":"complete","id":2}""");
    }

    [Fact]
    public async Task No_more_than_200_messages_of_a_room_are_kept()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        for (var i = 1; i <= 205; i++)
        {
            await ann.SendAsync($$$"""{"type":"say","data":{"room":"{{{room}}}","text":"{{{i}}}"}}""");
            await ann.ReceiveAsync();
        }

        await ann.SendAsync($$$"""{"type":"history","id":1,"data":{"room":"{{{room}}}","count":2147483647}}""");
        for (var i = 6; i <= 205; i++)
        {
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (string?)(await ann.ReceiveAsync())["data"]?["text"]);
        }

        await ann.ExpectAsync("""{"type":"complete","id":1}""");
    }

    [Fact]
    public async Task A_stream_that_the_client_cancels_ends()
    {
        // Each message has 12 KB on the wire. The client reads none, so the stream must wait for it.
        const int Count = 200;
        var room = chat.NewRoom();
        var text = string.Concat(Enumerable.Repeat("\u00fc", 2000));
        await using var ann = await chat.JoinAsync(room, "Ann");
        for (var i = 0; i < Count; i++)
        {
            await ann.SendAsync($$$"""{"type":"say","data":{"room":"{{{room}}}","text":"{{{text}}}"}}""");
            await ann.ReceiveAsync();
        }

        using var slow = new RawWebSocket(chat.Server.Port, receiveBuffer: 4096);
        await slow.OpenAsync("/chat", "chat.v2");
        await slow.SendAsync($$$"""{"type":"history","id":7,"data":{"room":"{{{room}}}","count":{{{Count}}}}}""");
        await slow.SendAsync("""{"type":"complete","id":7}""");
        await slow.SendAsync("""{"type":"join","id":8,"data":{"room":"after","name":"Bob"}}""");

        var items = 0;
        string message;
        while ((message = await slow.ReceiveAsync()).StartsWith("""{"type":"next","id":7,""", StringComparison.Ordinal))
        {
            items++;
        }

        Assert.Equal("""{"type":"reply","id":8,"data":{"room":"after","members":["Bob"]}}""", message);
        await slow.SendAsync($$$"""{"type":"history","id":7,"data":{"room":"{{{room}}}","count":0}}""");
        while ((message = await slow.ReceiveAsync()).StartsWith("""{"type":"next","id":7,""", StringComparison.Ordinal))
        {
            items++;
        }

        Assert.Equal("""{"type":"complete","id":7}""", message);
        Assert.True(items < Count, $"All {items} items came though the stream was cancelled.");
    }

    [Fact]
    public async Task A_member_that_leaves_gets_no_more_messages_and_the_others_are_told()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        await using var bob = await chat.JoinAsync(room, "Bob", ann);
        await bob.SendAsync($$$"""{"type":"leave","id":1,"data":{"room":"{{{room}}}"}}""");
        await bob.ExpectAsync("""{"type":"reply","id":1,"data":{}}""");
        await ann.ExpectAsync($$$"""{"type":"left","data":{"room":"{{{room}}}","name":"Bob"}}""");
        await ann.SendAsync($$$"""{"type":"say","id":2,"data":{"room":"{{{room}}}","text":"alone"}}""");
        await ann.ReceiveAsync();
        await ann.ExpectAsync("""{"type":"reply","id":2,"data":{}}""");
        await bob.SendAsync($$$"""{"type":"say","id":2,"data":{"room":"{{{room}}}","text":"hello?"}}""");
        await bob.ExpectErrorAsync(2, "not_joined");
        await bob.SendAsync($$$"""{"type":"leave","id":3,"data":{"room":"{{{room}}}"}}""");
        await bob.ExpectErrorAsync(3, "not_joined");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_closes_or_vanishes_has_left(bool vanishes)
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        var bob = await chat.JoinAsync(room, "Bob", ann);
        if (vanishes)
        {
            bob.Abort();
        }
        else
        {
            await bob.CloseAsync();
        }

        await ann.ExpectAsync($$$"""{"type":"left","data":{"room":"{{{room}}}","name":"Bob"}}""");
        await bob.DisposeAsync();
    }

    [Fact]
    public async Task Two_connections_of_one_name_are_one_member()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        await using var bob = await chat.JoinAsync(room, "Bob", ann);
        var again = await chat.JoinAsync(room, "Bob");
        await again.CloseAsync();
        await again.DisposeAsync();
        await bob.SendAsync($$$"""{"type":"leave","data":{"room":"{{{room}}}"}}""");
        await ann.ExpectAsync($$$"""{"type":"left","data":{"room":"{{{room}}}","name":"Bob"}}""");
        await ProveNothingCame(ann);
    }

    [Fact]
    public async Task Joining_again_changes_the_name()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        await using var bob = await chat.JoinAsync(room, "Bob", ann);
        await bob.SendAsync($$$"""{"type":"join","id":1,"data":{"room":"{{{room}}}","name":"Bob"}}""");
        await bob.ExpectAsync($$$"""{"type":"reply","id":1,"data":{"room":"{{{room}}}","members":["Ann","Bob"]}}""");
        await bob.SendAsync($$$"""{"type":"join","id":2,"data":{"room":"{{{room}}}","name":"Rob"}}""");
        Assert.Equal("left", (string?)(await bob.ReceiveAsync())["type"]);
        await bob.ExpectAsync($$$"""{"type":"reply","id":2,"data":{"room":"{{{room}}}","members":["Ann","Rob"]}}""");
        await ann.ExpectAsync($$$"""{"type":"left","data":{"room":"{{{room}}}","name":"Bob"}}""");
        await ann.ExpectAsync($$$"""{"type":"joined","data":{"room":"{{{room}}}","name":"Rob"}}""");
    }

    [Theory]
    [InlineData("""{"type":"shout","id":7,"data":{"text":"hi"}}""", "unknown_message")]
    [InlineData("""{"type":"Say","id":7}""", "unknown_message")]
    [InlineData("""{"type":"\u0073ay!","id":7}""", "unknown_message")]
    [InlineData("""{"type":"join","id":7}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":null}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":[]}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":"lobby"}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a"}}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a","name":null}}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a","name":5}}""", "invalid_payload")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a","name":"\ud800"}}""", "invalid_payload")]
    [InlineData("""{"type":"say","id":7,"data":{"room":"a"}}""", "invalid_payload")]
    [InlineData("""{"type":"history","id":7,"data":{"room":"a","count":"many"}}""", "invalid_payload")]
    [InlineData("""{"type":"history","id":7,"data":{"room":"a","count":99999999999}}""", "invalid_payload")]
    [InlineData("""{"type":"history","id":7,"data":{"room":"a","count":-1}}""", "invalid_count")]
    [InlineData("""{"type":"say","id":7,"data":{"room":"nowhere","text":"hi"}}""", "not_joined")]
    [InlineData("""{"type":"say","id":7,"data":{"text":"hi"}}""", "not_joined")]
    [InlineData("""{"type":"leave","id":7,"data":{"room":"nowhere"}}""", "not_joined")]
    [InlineData("""{"type":"join","id":7,"data":{"room":" ","name":"Ann"}}""", "invalid_room")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"123456789012345678901234567890123","name":"Ann"}}""", "invalid_room")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a","name":""}}""", "invalid_name")]
    [InlineData("""{"type":"join","id":7,"data":{"room":"a","name":"A\nB"}}""", "invalid_name")]
    public async Task A_wrong_message_is_answered_with_an_error_and_the_connection_goes_on(string message, string code)
    {
        await using var client = await chat.ConnectAsync();
        await client.SendAsync(message);
        await client.ExpectErrorAsync(7, code);
        await ProveItGoesOn(client);
    }

    [Theory]
    [InlineData("not JSON", "invalid_message")]
    [InlineData("{", "invalid_message")]
    [InlineData("[]", "invalid_message")]
    [InlineData("{}", "invalid_message")]
    [InlineData("""{"type":7}""", "invalid_message")]
    [InlineData("""{"type":"say","id":{}}""", "invalid_message")]
    [InlineData("""{"type":"\ud800"}""", "invalid_message")]
    [InlineData("""{"type":"error","code":"\ud800"}""", "invalid_message")]
    [InlineData("""{"type":"shout"}""", "unknown_message")]
    [InlineData("""{"type":"history","data":{"room":"a","count":1}}""", "invalid_id")]
    public async Task A_message_without_an_id_is_answered_with_an_error_without_one(string message, string code)
    {
        await using var client = await chat.ConnectAsync();
        await client.SendAsync(message);
        var error = await client.ReceiveAsync();
        Assert.Equal(("error", code, false), ((string?)error["type"], (string?)error["code"], error.ContainsKey("id")));
        await ProveItGoesOn(client);
    }

    [Fact]
    public async Task A_text_has_something_in_it_and_2000_characters_at_most()
    {
        var room = chat.NewRoom();
        await using var ann = await chat.JoinAsync(room, "Ann");
        foreach (var wrong in (string[])["", "  \\n", new string('x', 2001)])
        {
            await ann.SendAsync($$$"""{"type":"say","id":7,"data":{"room":"{{{room}}}","text":"{{{wrong}}}"}}""");
            await ann.ExpectErrorAsync(7, "invalid_text");
        }

        await ann.SendAsync($$$"""{"type":"say","data":{"room":"{{{room}}}","text":"{{{new string('x', 2000)}}}"}}""");
        Assert.Equal("said", (string?)(await ann.ReceiveAsync())["type"]);
    }

    [Fact]
    public async Task A_connection_can_be_in_20_rooms()
    {
        await using var ann = await chat.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await ann.SendAsync($$$"""{"type":"join","id":{{{i}}},"data":{"room":"{{{chat.NewRoom()}}}","name":"Ann"}}""");
            Assert.Equal("reply", (string?)(await ann.ReceiveAsync())["type"]);
        }

        await ann.SendAsync($$$"""{"type":"join","id":20,"data":{"room":"{{{chat.NewRoom()}}}","name":"Ann"}}""");
        await ann.ExpectErrorAsync(20, "too_many_rooms");
    }

    [Fact]
    public async Task A_client_that_asks_for_another_protocol_gets_the_list_of_protocols()
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat.v3");
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(chat.Server.WebSocketAddress("/chat"), TestContext.Current.CancellationToken));
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, socket.HttpStatusCode);
    }

    private async Task ProveItGoesOn(ChatClient client)
    {
        var room = chat.NewRoom();
        await client.SendAsync($$$"""{"type":"join","id":"then","data":{"room":"{{{room}}}","name":"Ann"}}""");
        await client.ExpectAsync($$$"""{"type":"reply","id":"then","data":{"room":"{{{room}}}","members":["Ann"]}}""");
    }

    // An earlier message would have arrived before this answer.
    private static async Task ProveNothingCame(ChatClient client)
    {
        await client.SendAsync("""{"type":"history","id":"nothing","data":{"room":"nowhere","count":1}}""");
        await client.ExpectAsync("""{"type":"complete","id":"nothing"}""");
    }
}
