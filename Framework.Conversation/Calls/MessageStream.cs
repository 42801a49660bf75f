using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>A stream of items that the peer requested, and can cancel.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Naming", "CA1711", Justification = "It is a stream in the words of the protocol.")]
public sealed class MessageStream : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Conversation _conversation;
    private readonly CancellationTokenSource _cancellation;
    private readonly ConcurrentDictionary<string, MessageStream>? _owner;
    private bool _isOver;

    internal MessageStream(byte[] id, Conversation conversation, ConcurrentDictionary<string, MessageStream>? owner = null)
    {
        _conversation = conversation;
        _owner = owner;
        Id = id;
        Key = KeyOf(id);
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(conversation.Closed);
        Cancelled = _cancellation.Token;
    }

    /// <summary>A token that is cancelled when the peer cancels the stream or the connection closes.</summary>
    public CancellationToken Cancelled { get; }

    internal byte[] Id { get; }

    internal string Key { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveUp();
        _cancellation.Dispose();
    }

    /// <summary>Sends an item, unless the peer has cancelled the stream: no item is written after the cancellation was read.</summary>
    internal ValueTask<SendResult> SendAsync(Outbound outbound, ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (_gate)
        {
            return _isOver ? new(SendOutcome.Sent) : outbound.SendAsync(message, kind);
        }
    }

    /// <summary>
    /// Sends the end of the stream, unless the peer has cancelled it, and releases its id: the peer may reuse it at once.
    /// </summary>
    internal ValueTask<SendResult> SendLastAsync(Outbound outbound, ReadOnlySpan<byte> message, MessageKind kind)
    {
        lock (_gate)
        {
            var sent = _isOver ? new(SendOutcome.Sent) : outbound.SendAsync(message, kind);
            End();
            return sent;
        }
    }

    /// <summary>Like <see cref="SendLastAsync"/>, for an error. It doesn't wait.</summary>
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

    /// <summary>Stops sending, and releases the id.</summary>
    internal void GiveUp()
    {
        lock (_gate)
        {
            End();
        }
    }

    /// <summary>Waits until a send in progress has been handed over.</summary>
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
            // The method's callbacks are user code: they don't run on the reader.
            _conversation.WatchCallbacks(_cancellation.CancelAsync());
        }
        catch (ObjectDisposedException)
        {
            // The stream has ended by itself meanwhile.
        }
    }

    private void End()
    {
        _isOver = true;
        _owner?.TryRemove(KeyValuePair.Create(Key, this));
    }
}
