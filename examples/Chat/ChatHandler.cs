using UpgradeProtocols;

namespace Chat;

/// <summary>
/// Both versions of the chat. Version 2 has rooms; in version 1 every client is a guest in the lobby. They share the method
/// that sends a chat message, and members of the lobby receive messages from both.
/// </summary>
[UpgradeProtocolDefaults(Path = "/chat", Client = typeof(IChatEvents))]
[UpgradeProtocol(V2, JsonContext = typeof(ChatJson))]
[UpgradeProtocol(V1, JsonContext = typeof(ChatV1Json), Format = typeof(FlatJsonMessageFormat))]
public sealed class ChatHandler(Rooms rooms, IClients<IChatEvents> clients)
{
    internal const string V1 = "chat.v1";
    internal const string V2 = "chat.v2";

    private const int MaxRoomsAtOnce = 20;

    // An instance serves one connection. The field holds its rooms and its name in each.
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    [OnConnected]
    public async ValueTask ConnectedAsync(UpgradeConnection connection)
    {
        if (connection.Protocol == V1)
        {
            await EnterAsync(Rooms.Lobby, rooms.NextGuest(), connection);
        }
    }

    [Message("join", Versions = [V2])]
    public async ValueTask<Inside> JoinAsync(Join join, UpgradeConnection connection)
    {
        var (room, name) = (Rules.Room(join.Room), Rules.Name(join.Name));
        if (_names.TryGetValue(room, out var current))
        {
            if (current == name)
            {
                return await rooms.LookAsync(Joined(room));
            }

            // A client joins again to change its name.
            await LeaveAsync(room);
        }
        else if (_names.Count == MaxRoomsAtOnce)
        {
            throw new MessageException("too_many_rooms", $"You can be in at most {MaxRoomsAtOnce} rooms.");
        }

        return await EnterAsync(room, name, connection);
    }

    [Message("say")]
    public ValueTask SayAsync(Say say)
    {
        var room = Rules.Room(say.Room);
        return Joined(room).SayAsync(_names[room], Rules.Text(say.Text), clients.Group(room));
    }

    [Message("history", Versions = [V2])]
    public IAsyncEnumerable<Said> HistoryAsync(History query)
    {
        var count = Rules.Count(query.Count);
        return (rooms.Find(Rules.Room(query.Room))?.Last(count) ?? []).ToAsyncEnumerable();
    }

    [Message("leave", Versions = [V2])]
    public async ValueTask LeaveAsync(Leave leave, UpgradeConnection connection)
    {
        var room = Rules.Room(leave.Room);
        Joined(room);
        await connection.LeaveAsync(room);
        await LeaveAsync(room);
    }

    [OnDisconnected]
    public async ValueTask DisconnectedAsync()
    {
        foreach (var room in _names.Keys.ToArray())
        {
            await LeaveAsync(room);
        }
    }

    private async ValueTask<Inside> EnterAsync(string room, string name, UpgradeConnection connection)
    {
        var inside = await rooms.EnterAsync(room, name, connection, clients.Group(room, except: connection));
        _names.Add(room, name);
        return inside;
    }

    private ValueTask LeaveAsync(string room)
    {
        var left = Joined(room);
        _names.Remove(room, out var name);
        return left.LeaveAsync(name!, clients.Group(room));
    }

    private Room Joined(string room) => _names.ContainsKey(room)
        ? rooms.Find(room)!
        : throw new MessageException("not_joined", $"You are not in the room {room}.");
}
