using System.Collections.Concurrent;
using UpgradeProtocols;

namespace Chat;

/// <summary>
/// The rooms of this server, in memory. With other servers beside it a room is on each that has somebody in it: what is said and who
/// comes and goes reaches all of them, and who enters is told who is there anywhere. The last messages are those said here,
/// and a name that is on two servers comes and goes on each; an application that minds keeps both in a database.
/// </summary>
public sealed class Rooms(IPresence presence)
{
    /// <summary>The room that everybody knows.</summary>
    public const string Lobby = "lobby";

    private const int MaxRooms = 1000;

    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);
    private int _guests;

    /// <summary>A name for somebody who gave none.</summary>
    public string NextGuest() => $"guest-{Interlocked.Increment(ref _guests)}";

    /// <summary>The room, if somebody has been in it and it isn't forgotten.</summary>
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
            // A room that was forgotten just now lets nobody in: who finds one makes another.
            if (await _rooms.GetOrAdd(room, static name => new Room(name)).TryEnterAsync(name, connection, others) is { } inside)
            {
                return await WithThoseElsewhereAsync(inside);
            }
        }
    }

    /// <summary>Who is in a room that one is in.</summary>
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
