using Microsoft.AspNetCore.Connections;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Ends a transport at once. A delegate for each connection would take more memory.</summary>
internal readonly struct TransportAbort
{
    private readonly object? _target;

    public TransportAbort(BaseConnectionContext connection) => _target = connection;

    public TransportAbort(Action abort) => _target = abort;

    /// <summary>The object by which the connection is counted.</summary>
    public object? Connection => _target;

    /// <summary>Whether the transport can't read the connection at this moment: the peer's bytes stay in the socket.</summary>
    public bool IsHeldUp => _target is IConnectionEndFeature { IsHeldUp: true };

    /// <summary>Whether the transport has noticed that the peer has ended its direction or has disconnected.</summary>
    public bool IsClosed => _target is BaseConnectionContext { ConnectionClosed.IsCancellationRequested: true };

    public void Invoke()
    {
        if (_target is BaseConnectionContext connection)
        {
            connection.Abort();
        }
        else
        {
            ((Action?)_target)?.Invoke();
        }
    }
}
