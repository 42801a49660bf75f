using System.Net;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols;

/// <summary>
/// Counts the open sockets and stops accepting when the file descriptors are used up. New connections then wait in the kernel's backlog
/// until others have ended.
/// </summary>
internal sealed class AcceptGate
{
    private readonly Lock _gate = new();
    private int _open;
    private TaskCompletionSource? _room;

    /// <summary>The maximum number of open sockets.</summary>
    public int Max { get; set; } = int.MaxValue;

    /// <summary>Counts an accepted socket.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _open++;
        }
    }

    /// <summary>Removes a closed socket from the count.</summary>
    public void Leave()
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            if (--_open < Max)
            {
                (room, _room) = (_room, null);
            }
        }

        room?.TrySetResult();
    }

    /// <summary>Waits until one more may be accepted.</summary>
    public Task WhenRoomAsync()
    {
        lock (_gate)
        {
            return _open < Max
                ? Task.CompletedTask
                : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}

/// <summary>A transport whose connections pass through a gate.</summary>
internal sealed class GatedTransport(IConnectionListenerFactory inner, AcceptGate gate)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await inner.BindAsync(endpoint, cancellationToken), gate);

    private sealed class Listener(IConnectionListener inner, AcceptGate gate) : IConnectionListener
    {
        private readonly TaskCompletionSource _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            var room = gate.WhenRoomAsync();
            if (!room.IsCompleted)
            {
                await Task.WhenAny(room, _unbound.Task).WaitAsync(cancellationToken);
            }

            var connection = await inner.AcceptAsync(cancellationToken);
            if (connection is not null)
            {
                gate.Enter();
            }

            return connection;
        }

        // In this order: a waiting accept that continues before the inner listener has stopped would take one connection more.
        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                await inner.UnbindAsync(cancellationToken);
            }
            finally
            {
                _unbound.TrySetResult();
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await inner.DisposeAsync();
            }
            finally
            {
                _unbound.TrySetResult();
            }
        }
    }
}
