using System.Collections.Concurrent;
using UpgradeProtocols;

namespace Chat;

/// <summary>
/// The rooms of this server, in memory. With several servers, a room exists on each server that has a member of it. Chat messages and
/// joins and leaves reach all these servers, and a new member gets the members on all of them. The last messages are only those sent
/// on this server, and a name that is on two servers joins and leaves on each. An application that needs more keeps both in a database.
/// </summary>
public sealed class Rooms(IPresence presence)
{
    /// <summary>The default room.</summary>
    public const string Lobby = "lobby";

    private const int MaxRooms = 1000;

    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private int _guests;

    /// <summary>Returns a name for a guest without one.</summary>
    public string NextGuest() => $"guest-{Interlocked.Increment(ref _guests)}";

    /// <summary>Returns the room, if a member has entered it and it isn't closed.</summary>
    public Room? Find(string name) => _rooms.GetValueOrDefault(name);

    /// <summary>Enters a room, and creates it if it doesn't exist.</summary>
    public async ValueTask<Inside> EnterAsync(string room, string name, UpgradeConnection connection, IChatEvents others)
    {
        if (_rooms.Count >= MaxRooms && !_rooms.ContainsKey(room))
        {
            ForgetEmptyRoom();
        }

        while (true)
        {
            // A room that was just closed accepts no members, so the caller creates a new one.
            if (await _rooms.GetOrAdd(room, static name => new Room(name)).TryEnterAsync(name, connection, others) is { } inside)
            {
                return await WithThoseElsewhereAsync(inside);
            }
        }
    }

    /// <summary>Returns the members of a room that the caller is in.</summary>
    public ValueTask<Inside> LookAsync(Room room) => WithThoseElsewhereAsync(room.Look());

    private async ValueTask<Inside> WithThoseElsewhereAsync(Inside inside)
    {
        if (presence.Nodes.Count == 1)
        {
            return inside;
        }

        var everywhere = await presence.GetGroupAsync(inside.Room);
        var names = new SortedSet<string>(inside.Members, StringComparer.Ordinal);
        names.UnionWith(everywhere.Members.Select(member => member.Tag).OfType<string>());
        return inside with { Members = [.. names] };
    }

    private void ForgetEmptyRoom()
    {
        foreach (var (name, room) in _rooms)
        {
            if (room.TryForget())
            {
                _rooms.TryRemove(KeyValuePair.Create(name, room));
                return;
            }
        }

        throw new MessageException("too_many_rooms", "The server has reached its maximum number of rooms.");
    }
}
