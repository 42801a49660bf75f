using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols;

/// <summary>The way to end a transport at once. A delegate of each connection would cost more memory than all else of this kind.</summary>
internal readonly struct TransportAbort
{
    private readonly object? _target;

    public TransportAbort(BaseConnectionContext connection) => _target = connection;

    public TransportAbort(Action abort) => _target = abort;

    /// <summary>Stands for the connection where connections are counted.</summary>
    public object? Connection => _target;

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
