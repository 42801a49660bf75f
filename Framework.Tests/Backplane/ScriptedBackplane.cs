using System.Collections.Concurrent;
using System.Text;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>An engine whose handling of each message is set by the test.</summary>
internal sealed class ScriptedBackplane : IBackplane
{
    private readonly ConcurrentQueue<string> _published = new();

    /// <summary>The messages that have reached the server.</summary>
    public IReadOnlyCollection<string> Published => _published;

    /// <summary>Handles a message, which reaches the server unless this throws or returns a faulted task.</summary>
    public Func<string, ValueTask> OnPublish { get; set; } = static _ => default;

    public IBackplaneListener? Listener { get; private set; }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        Listener = listener;
        return default;
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetString(message.Span);
        var task = OnPublish(text);
        if (!task.IsFaulted)
        {
            _published.Enqueue(text);
        }

        return task;
    }

    public ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken) => default;

    public ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => default;
}
