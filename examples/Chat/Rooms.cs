using System.Collections.Concurrent;
using UpgradeProtocols;

namespace Chat;

/// <summary>
/// The rooms of this server, in memory. With several servers, a room is on each server that has a member of it. Messages, joins and leaves
/// reach all servers, and a new member gets the members of all servers. The last messages are those of this server, and a name on two
/// servers joins and leaves on each. An application that needs more keeps both in a database.
/// </summary>
public sealed class Rooms(IPresence presence)
{
    /// <summary>The room that everybody knows.</summary>
    public const string Lobby = "lobby";

    private const int MaxRooms = 1000;

    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private int _guests;

    /// <summary>A name for a user without one.</summary>
    public string NextGuest() => $"guest-{Interlocked.Increment(ref _guests)}";

    /// <summary>The room, if it has had a member and wasn't removed.</summary>
    public Room? Find(string name) => _rooms.GetValueOrDefault(name);

    /// <summary>Enters a room, which is made if there is none.</summary>
    public async ValueTask<Inside> EnterAsync(string room, string name, UpgradeConnection connection, IChatEvents others)
    {
        if (_rooms.Count >= MaxRooms && !_rooms.ContainsKey(room))
        {
            ForgetEmptyRoom();
        }

        while (true)
        {
            // A room that was just removed accepts no members: create another one.
            if (await _rooms.GetOrAdd(room, static name => new Room(name)).TryEnterAsync(name, connection, others) is { } inside)
            {
                return await WithThoseElsewhereAsync(inside);
            }
        }
    }

    /// <summary>The members of a room that the connection is in.</summary>
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

        throw new MessageException("too_many_rooms", "The server has no place for another room.");
    }
}
