namespace UpgradeProtocols;

/// <summary>
/// The connections that have sent their last bytes and only read until their peer ends too. They don't count towards
/// <see cref="UpgradeOptions.MaxConnections"/> any more, and have a separate limit: when it is reached, connections end at once.
/// Few connections linger at a time, and only briefly: a set of them costs the other connections no memory.
/// </summary>
/// <param name="served">Counts the other connections.</param>
internal sealed class LingeringConnections(ConnectionLimit served)
{
    /// <summary>The default of <see cref="Max"/>.</summary>
    public const int DefaultMax = 1024;

    private readonly Lock _gate = new();
    private readonly HashSet<object> _connections = new(ReferenceEqualityComparer.Instance);

    /// <summary>The maximum number of connections that linger at a time.</summary>
    public int Max { get; set; } = DefaultMax;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Marks a connection as lingering. False when the limit is reached: the connection has to end.</summary>
    /// <param name="connection">The object by which the connection is counted; null where it isn't counted.</param>
    /// <param name="traits">Says whether the connection has been counted so far.</param>
    public bool TryAdd(object? connection, TransportTraits traits)
    {
        if (connection is null)
        {
            return true;
        }

        lock (_gate)
        {
            if (_connections.Contains(connection))
            {
                return true;
            }

            if (_connections.Count >= Max)
            {
                return false;
            }

            _connections.Add(connection);
        }

        if (traits.HasFlag(TransportTraits.Counted))
        {
            served.Leave();
        }

        return true;
    }

    /// <summary>A connection has ended, whether it lingered or not.</summary>
    /// <param name="connection">The object by which the connection is counted.</param>
    /// <param name="isCounted">Whether the connection was counted at first.</param>
    public void Leave(object? connection, bool isCounted)
    {
        bool hasLingered;
        lock (_gate)
        {
            hasLingered = connection is not null && _connections.Remove(connection);
        }

        if (isCounted && !hasLingered)
        {
            served.Leave();
        }
    }
}
