using System.Collections.Concurrent;
using System.Threading.Channels;

namespace UpgradeProtocols.Testing;

/// <summary>
/// A network of backplanes inside one process, for tests of an application with several nodes. <see cref="Connect"/> creates each node's
/// backplane. The backplanes of one network reach each other.
/// </summary>
public sealed class InProcessNetwork
{
    private readonly Lock _gate = new();
    private readonly List<Node> _nodes = [];
    private bool _isCut;

    /// <summary>
    /// Whether the network is cut: publishing fails, as if the server were down. When the cut ends, all nodes are connected again.
    /// </summary>
    public bool IsCut
    {
        get
        {
            lock (_gate)
            {
                return _isCut;
            }
        }

        set
        {
            Node[] nodes;
            lock (_gate)
            {
                if (_isCut == value)
                {
                    return;
                }

                _isCut = value;
                nodes = [.. _nodes];
            }

            foreach (var node in nodes)
            {
                node.Tell(isConnected: !value);
            }
        }
    }

    /// <summary>Creates the backplane of one more node.</summary>
    /// <returns>The backplane.</returns>
    public IBackplane Connect() => new Node(this);

    private bool TryAdd(Node node)
    {
        lock (_gate)
        {
            _nodes.Add(node);
            return !_isCut;
        }
    }

    private void Remove(Node node)
    {
        lock (_gate)
        {
            _nodes.Remove(node);
        }
    }

    // Holds the lock, so that all nodes receive the published messages in the same order.
    private void Publish(string channel, ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            ThrowIfCut();
            var copy = message.ToArray();
            foreach (var node in _nodes)
            {
                node.Take(channel, copy);
            }
        }
    }

    private void ThrowIfCut()
    {
        if (IsCut)
        {
            throw new InvalidOperationException("The network is cut.");
        }
    }

    private sealed class Node(InProcessNetwork network) : IBackplane
    {
        private readonly ConcurrentDictionary<string, byte> _subscriptions = new(StringComparer.Ordinal);
        private readonly Channel<(string Channel, byte[] Message)> _arrived = Channel.CreateUnbounded<(string, byte[])>(new() { SingleReader = true });
        private IBackplaneListener? _listener;
        private Task _reading = Task.CompletedTask;

        public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
        {
            _listener = listener;
            _reading = Task.Run(ReadAsync, CancellationToken.None);
            Tell(network.TryAdd(this));
            return default;
        }

        public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            MemberName.Check(channel);
            network.Publish(channel, message.Span);
            return default;
        }

        public ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken)
        {
            MemberName.Check(channel);
            network.ThrowIfCut();
            _subscriptions[channel] = 0;
            return default;
        }

        public ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken)
        {
            _subscriptions.TryRemove(channel, out _);
            return default;
        }

        public async ValueTask DisposeAsync()
        {
            network.Remove(this);
            _arrived.Writer.TryComplete();
            await _reading;
        }

        public void Take(string channel, byte[] message)
        {
            if (_subscriptions.ContainsKey(channel))
            {
                _arrived.Writer.TryWrite((channel, message));
            }
        }

        public void Tell(bool isConnected)
        {
            if (isConnected)
            {
                _listener!.Connected();
            }
            else
            {
                _listener!.Disconnected("The network is cut.");
            }
        }

        private async Task ReadAsync()
        {
            await foreach (var (channel, message) in _arrived.Reader.ReadAllAsync())
            {
                _listener!.Receive(channel, message);
            }
        }
    }
}
