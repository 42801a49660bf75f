using Microsoft.AspNetCore.Connections;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The way to end a transport at once. A delegate of each connection would cost more memory than all else of this kind.</summary>
internal readonly struct TransportAbort
{
    private readonly object? _target;

    public TransportAbort(BaseConnectionContext connection) => _target = connection;

    public TransportAbort(Action abort) => _target = abort;

    /// <summary>Stands for the connection where connections are counted.</summary>
    public object? Connection => _target;

    /// <summary>Whether the transport can't read the connection for now: what its peer has sent lies in the socket.</summary>
    public bool IsHeldUp => _target is IConnectionEndFeature { IsHeldUp: true };

    /// <summary>Whether the transport has heard that the peer has ended its direction or is gone.</summary>
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
