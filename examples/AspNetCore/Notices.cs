using UpgradeProtocols;

namespace Board;

/// <summary>The notices and the connected users. The live handler and the ordinary endpoints share this service.</summary>
public sealed class Notices(IClients<IBoardEvents> clients, TimeProvider time)
{
    private const int MaxCount = 50;
    private const int MaxLength = 280;

    private readonly Lock _gate = new();
    private readonly List<Notice> _notices = [];
    private int _lastId;

    public Notice[] All()
    {
        lock (_gate)
        {
            return [.. _notices];
        }
    }

    /// <summary>Returns the problem with a notice's text, or null.</summary>
    public static string? ProblemOf(string? text) =>
        string.IsNullOrWhiteSpace(text) || text.Length > MaxLength ? $"A notice must have 1 to {MaxLength} characters." : null;

    public async ValueTask<Notice> PinAsync(string by, string text)
    {
        Notice notice;
        lock (_gate)
        {
            notice = new Notice(++_lastId, by, text.Trim(), time.GetUtcNow());
            _notices.Add(notice);
            if (_notices.Count > MaxCount)
            {
                _notices.RemoveAt(0);
            }
        }

        await clients.All.PinnedAsync(notice);
        return notice;
    }

    public async ValueTask UnpinAsync(int id)
    {
        lock (_gate)
        {
            _notices.RemoveAll(notice => notice.Id == id);
        }

        await clients.All.UnpinnedAsync(new Unpin(id));
    }
}

/// <summary>Gets the users who are connected to the board.</summary>
public sealed class Attendance(IConnections connections, IClients<IBoardEvents> clients)
{
    public ValueTask EnterAsync(UpgradeConnection connection) => TellAsync(connections.List().Append(connection));

    public ValueTask LeaveAsync(UpgradeConnection connection) => TellAsync(connections.List().Where(other => other != connection));

    private ValueTask TellAsync(IEnumerable<UpgradeConnection> present) => clients.All.PresentAsync(
        [.. present.Select(static connection => connection.User.Identity?.Name).OfType<string>().Distinct().Order(StringComparer.OrdinalIgnoreCase)]);
}

public static class Names
{
    public static bool IsValid(string? name) =>
        name?.Trim() is { Length: >= 1 and <= 20 } text && text.All(static character => char.IsLetterOrDigit(character) || character is ' ' or '-');
}
