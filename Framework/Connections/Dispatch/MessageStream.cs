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
    private readonly Lock _gate = new();
    private readonly UpgradeConnection _connection;
    private readonly CancellationTokenSource _cancellation;
    private readonly ConcurrentDictionary<string, MessageStream>? _owner;
    private bool _isOver;

    internal MessageStream(byte[] id, UpgradeConnection connection, ConcurrentDictionary<string, MessageStream>? owner = null)
    {
        _connection = connection;
        _owner = owner;
        Id = id;
        Key = KeyOf(id);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(connection.Closed);
        Cancelled = _cancellation.Token;
    }

    /// <summary>Is cancelled when the peer cancels the stream or the connection closes.</summary>
    public CancellationToken Cancelled { get; }

    internal byte[] Id { get; }

    internal string Key { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveUp();
        _cancellation.Dispose();
    }

    /// <summary>Sends an item, unless the peer has cancelled the stream: none is written once the cancellation was read.</summary>
    internal ValueTask<SendResult> SendAsync(Outbound outbound, ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (_gate)
        {
            return _isOver ? new(SendResult.Sent) : outbound.SendAsync(message, kind);
        }
    }

    /// <summary>Sends the end of the stream, unless the peer has cancelled it, and gives its id up: the peer may use it again at once.</summary>
    internal ValueTask<SendResult> SendLastAsync(Outbound outbound, ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (_gate)
        {
            var sent = _isOver ? new(SendResult.Sent) : outbound.SendAsync(message, kind);
            End();
            return sent;
        }
    }

    /// <summary>As <see cref="SendLastAsync"/>, for an error, which waits for nothing.</summary>
    internal void SendLast(Outbound outbound, ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                outbound.Send(message, kind);
            }

            End();
        }
    }

    /// <summary>Sends nothing more, and gives the id up.</summary>
    internal void GiveUp()
    {
        lock (_gate)
        {
            End();
        }
    }

    /// <summary>Waits until what is being sent has been handed over.</summary>
    internal void WaitForSending()
    {
        lock (_gate)
        {
        }
    }

    internal static string KeyOf(ReadOnlySpan<byte> id) => Encoding.Latin1.GetString(id);

    internal void Cancel()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        try
        {
            // The method's callbacks are the user's code: they don't run on the reader.
            _connection.WatchCallbacks(_cancellation.CancelAsync());
        }
        catch (ObjectDisposedException)
        {
            // The stream ended of itself meanwhile.
        }
    }

    private void End()
    {
        _isOver = true;
        _owner?.TryRemove(KeyValuePair.Create(Key, this));
    }
}
