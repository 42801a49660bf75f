namespace UpgradeProtocols;

/// <summary>
/// The connections that have been answered and only read on until their peer has ended too. They don't count among
/// <see cref="UpgradeOptions.MaxConnections"/> any more, and have a bound of their own: where it is reached, connections end at once.
/// Few linger at a time, and only for a moment: to know them by a set costs the others no memory.
/// </summary>
/// <param name="served">Counts the others.</param>
internal sealed class LingeringConnections(ConnectionLimit served)
{
    /// <summary>How many may linger at a time at most.</summary>
    public const int DefaultMax = 1024;

    private readonly Lock _gate = new();
    private readonly HashSet<object> _connections = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many may linger at a time.</summary>
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

    /// <summary>A connection lingers from now on. False where no more may: it is to end.</summary>
    /// <param name="connection">What the connection is counted by; null where it isn't.</param>
    /// <param name="traits">Whether it has been counted so far.</param>
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
    /// <param name="connection">What the connection is counted by.</param>
    /// <param name="isCounted">Whether it was counted at first.</param>
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
