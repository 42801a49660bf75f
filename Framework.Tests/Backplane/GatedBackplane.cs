namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A backplane whose node reconnects when the test opens it: until then it receives nothing and doesn't see the network.</summary>
internal sealed class GatedBackplane(IBackplane inner) : IBackplane, IBackplaneListener
{
    private IBackplaneListener? _listener;
    private volatile bool _isShut;

    /// <summary>Stops delivery to the node; changes of the connection wait.</summary>
    public void Shut() => _isShut = true;

    /// <summary>Reconnects the node.</summary>
    public void Open()
    {
        _isShut = false;
        _listener!.Connected();
    }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        _listener = listener;
        return inner.StartAsync(this, cancellationToken);
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        _isShut ? throw new InvalidOperationException("Shut.") : inner.PublishAsync(channel, message, cancellationToken);

    public ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken) => inner.SubscribeAsync(channel, cancellationToken);

    public ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken) => inner.UnsubscribeAsync(channel, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public void Receive(string channel, ReadOnlySpan<byte> message)
    {
        if (!_isShut)
        {
            _listener!.Receive(channel, message);
        }
    }

    public void Connected()
    {
        if (!_isShut)
        {
            _listener!.Connected();
        }
    }

    public void Disconnected(string reason) => _listener!.Disconnected(reason);
}
