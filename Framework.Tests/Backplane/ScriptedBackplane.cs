using System.Collections.Concurrent;
using System.Text;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>An engine that does with each message what a test says.</summary>
internal sealed class ScriptedBackplane : IBackplane
{
    private readonly ConcurrentQueue<string> _published = new();

    /// <summary>What has reached the server.</summary>
    public IReadOnlyCollection<string> Published => _published;

    /// <summary>What becomes of a message; it reaches the server unless this throws or gives a task that has failed.</summary>
    public Func<string, ValueTask> OnPublish { get; set; } = static _ => default;

    public IBackplaneListener? Listener { get; private set; }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        Listener = listener;
        return default;
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message)
    {
        var text = Encoding.UTF8.GetString(message.Span);
        var task = OnPublish(text);
        if (!task.IsFaulted)
        {
            _published.Enqueue(text);
        }

        return task;
    }

    public ValueTask SubscribeAsync(string channel) => default;

    public ValueTask UnsubscribeAsync(string channel) => default;

    public ValueTask DisposeAsync() => default;
}
