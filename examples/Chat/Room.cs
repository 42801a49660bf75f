using UpgradeProtocols;

namespace Chat;

/// <summary>
/// A room on this server: its members and its last messages. The room notifies the members under its lock (a push to a group never
/// waits for a slow member), so all members see the events in the same order.
/// </summary>
public sealed class Room(string room)
{
    /// <summary>The maximum number of messages that the room keeps.</summary>
    public const int MaxHistory = 200;

    private readonly Lock _gate = new();
    private readonly Queue<Said> _history = [];

    // A user with two tabs is one member, who leaves when the last tab closes.
    private readonly SortedDictionary<string, int> _connections = new(StringComparer.Ordinal);
    private bool _isForgotten;

    public ValueTask SayAsync(string name, string text, IChatEvents members)
    {
        var said = new Said(room, name, text);
        lock (_gate)
        {
            if (_history.Count == MaxHistory)
            {
                _history.Dequeue();
            }

            _history.Enqueue(said);
            return members.SaidAsync(said);
        }
    }

    public Said[] Last(int count)
    {
        lock (_gate)
        {
            return [.. _history.TakeLast(count)];
        }
    }

    public Inside Look()
    {
        lock (_gate)
        {
            return Count();
        }
    }

    /// <summary>Adds a member, unless the room is closed.</summary>
    /// <remarks>
    /// The connection joins the group at the same moment as the members are listed: the list includes all earlier events, and
    /// the connection is notified only of later ones.
    /// </remarks>
    public async ValueTask<Inside?> TryEnterAsync(string name, UpgradeConnection connection, IChatEvents others)
    {
        Inside inside;
        ValueTask joined;
        var told = ValueTask.CompletedTask;
        lock (_gate)
        {
            if (_isForgotten)
            {
                return null;
            }

            var before = _connections.GetValueOrDefault(name);
            _connections[name] = before + 1;
            if (before == 0)
            {
                told = others.JoinedAsync(new Presence(room, name));
            }

            joined = connection.JoinAsync(room, name);
            inside = Count();
        }

        await joined;
        await told;
        return inside;
    }

    public ValueTask LeaveAsync(string name, IChatEvents others)
    {
        lock (_gate)
        {
            if (--_connections[name] > 0)
            {
                return ValueTask.CompletedTask;
            }

            _connections.Remove(name);
            return others.LeftAsync(new Presence(room, name));
        }
    }

    /// <summary>Closes the room to new members, if it is empty.</summary>
    public bool TryForget()
    {
        lock (_gate)
        {
            return _isForgotten = _isForgotten || _connections.Count == 0;
        }
    }

    private Inside Count() => new(room, [.. _connections.Keys]);
}
