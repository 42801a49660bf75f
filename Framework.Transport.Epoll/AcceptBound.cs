namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// The maximum number of open connections on all endpoints of the transport together. The process needs files for other purposes too, and
/// aborts without them. Further clients wait in the kernel's backlog.
/// </summary>
internal sealed class AcceptBound
{
    private readonly Lock _gate = new();
    private readonly HashSet<EpollListener> _waiting = [];
    private int _open;

    public int Max { get; set; } = int.MaxValue;

    /// <summary>How many listeners have been told that there is no room.</summary>
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

    /// <summary>Takes a place for one more connection. Where there is none, the listener resumes when that changes.</summary>
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

    /// <summary>Gives a place back: nothing was accepted, or the connection's file is closed.</summary>
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
            // Not from here: who closes a connection may hold the lock of another listener.
            ThreadPool.UnsafeQueueUserWorkItem(static listener => listener.Resume(), listener, preferLocal: false);
        }
    }
}
