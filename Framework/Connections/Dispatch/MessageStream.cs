using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>A stream of items that the peer asked for, and can cancel.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Naming", "CA1711", Justification = "It is a stream in the words of the protocol.")]
public sealed class MessageStream : IDisposable
{
    private readonly CancellationTokenSource _cancellation;
    private readonly ConcurrentDictionary<string, MessageStream>? _owner;

    internal MessageStream(byte[] id, CancellationToken closed, ConcurrentDictionary<string, MessageStream>? owner = null)
    {
        _owner = owner;
        Id = id;
        Key = KeyOf(id);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(closed);
        Cancelled = _cancellation.Token;
    }

    /// <summary>Is cancelled when the peer cancels the stream or the connection closes.</summary>
    public CancellationToken Cancelled { get; }

    internal byte[] Id { get; }

    internal string Key { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _cancellation.Dispose();
    }

    /// <summary>Lets the peer use the id again: before it learns that the stream has ended.</summary>
    internal void Forget() => _owner?.TryRemove(KeyValuePair.Create(Key, this));

    internal static string KeyOf(ReadOnlySpan<byte> id) => Encoding.Latin1.GetString(id);

    internal void Cancel()
    {
        try
        {
            // The method's callbacks are the user's code: they don't run on the reader.
            _ = _cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The stream ended of itself meanwhile.
        }
    }
}
