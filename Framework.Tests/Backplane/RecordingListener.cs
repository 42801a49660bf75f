using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The listener of a node, which records messages and changes of the connection.</summary>
internal sealed class RecordingListener : IBackplaneListener
{
    private readonly ConcurrentDictionary<string, Channel<byte[]>> _arrived = new(StringComparer.Ordinal);
    private readonly Channel<string?> _changes = Channel.CreateUnbounded<string?>();

    public void Receive(string channel, ReadOnlySpan<byte> message) => Of(channel).Writer.TryWrite(message.ToArray());

    public void Connected() => _changes.Writer.TryWrite(null);

    public void Disconnected(string reason) => _changes.Writer.TryWrite(reason);

    public async Task<byte[]> BytesAsync(string channel) => await Of(channel).Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public async Task<string> NextAsync(string channel) => Encoding.UTF8.GetString(await BytesAsync(channel));

    /// <summary>Asserts that every message of the channel has been read.</summary>
    public void HasNothing(string channel) => Assert.False(Of(channel).Reader.TryPeek(out _));

    public async Task ConnectedAsync()
    {
        while (await _changes.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit) is not null)
        {
        }
    }

    public async Task<string> DisconnectedAsync()
    {
        while (true)
        {
            if (await _changes.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit) is { } reason)
            {
                return reason;
            }
        }
    }

    private Channel<byte[]> Of(string channel) => _arrived.GetOrAdd(channel, static _ => Channel.CreateUnbounded<byte[]>());
}
