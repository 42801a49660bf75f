namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The limit of concurrent connections, for all endpoints of the transport together: the process also needs file descriptors for other
/// purposes, and aborts if there are none. Further clients wait in the kernel's backlog.
/// </summary>
internal sealed class AcceptBound
{
    private readonly Lock _gate = new();
    private readonly HashSet<EpollListener> _waiting = [];
    private int _open;

    public int Max { get; set; } = int.MaxValue;

    /// <summary>The number of listeners that wait for room.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Reserves a slot for one more connection. If there is none, the listener resumes when one is released.</summary>
    public bool TryEnter(EpollListener listener)
    {
        lock (_gate)
        {
            if (_open < Max)
            {
                _open++;
                return true;
            }

            _waiting.Add(listener);
            return false;
        }
    }

    /// <summary>Releases a slot: no connection was accepted, or the connection's file descriptor is closed.</summary>
    public void Leave()
    {
        EpollListener[] waiting;
        lock (_gate)
        {
            if (--_open >= Max || _waiting.Count == 0)
            {
                return;
            }

            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var listener in waiting)
        {
            // Runs on the thread pool: the caller that closes a connection may hold the lock of another listener.
            ThreadPool.UnsafeQueueUserWorkItem(static listener => listener.Resume(), listener, preferLocal: false);
        }
    }
}
