using System.Collections.Concurrent;

namespace UpgradeProtocols.Soak;

/// <summary>The OnConnected and OnDisconnected calls of all handlers.</summary>
internal sealed class Lives
{
    private readonly ConcurrentBag<WeakReference> _connections = [];
    private readonly ConcurrentDictionary<int, int> _codes = new();
    private long _connected;
    private long _disconnected;
    private long _faults;

    public long Connected => Interlocked.Read(ref _connected);

    public long Disconnected => Interlocked.Read(ref _disconnected);

    /// <summary>The number of OnDisconnected calls without an OnConnected call, or repeated.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>The number of connections that are still referenced.</summary>
    public int Alive => _connections.Count(connection => connection.IsAlive);

    public string Codes => string.Join(", ", _codes.OrderBy(code => code.Key).Select(code => $"{code.Key}: {code.Value}"));

    public void Begin(UpgradeConnection connection)
    {
        Interlocked.Increment(ref _connected);
        _connections.Add(new WeakReference(connection));
    }

    public void End(CloseInfo close, bool isRight)
    {
        Interlocked.Increment(ref _disconnected);
        _codes.AddOrUpdate(close.Code, 1, static (_, count) => count + 1);
        if (!isRight)
        {
            Interlocked.Increment(ref _faults);
        }
    }
}

/// <summary>The calls of one handler.</summary>
internal sealed class Life(Lives lives)
{
    private int _state;

    public void Begin(UpgradeConnection connection)
    {
        Interlocked.Increment(ref _state);
        lives.Begin(connection);
    }

    public void End(CloseInfo close) => lives.End(close, Interlocked.Increment(ref _state) == 2);
}
