namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A backplane whose node comes back when a test says so: until then it hears nothing and doesn't know that the network is there.</summary>
internal sealed class GatedBackplane(IBackplane inner) : IBackplane, IBackplaneListener
{
    private IBackplaneListener? _listener;
    private volatile bool _isShut;

    /// <summary>From now on the node hears nothing; what it is told of the connection waits.</summary>
    public void Shut() => _isShut = true;

    /// <summary>The node is back.</summary>
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

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message) =>
        _isShut ? throw new InvalidOperationException("Shut.") : inner.PublishAsync(channel, message);

    public ValueTask SubscribeAsync(string channel) => inner.SubscribeAsync(channel);

    public ValueTask UnsubscribeAsync(string channel) => inner.UnsubscribeAsync(channel);

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
