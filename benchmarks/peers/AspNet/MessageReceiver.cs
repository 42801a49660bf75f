using System.Buffers;
using System.Net.WebSockets;

namespace Peers;

/// <summary>Receives complete messages into one growing pooled buffer.</summary>
internal sealed class MessageReceiver(WebSocket socket) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(4 * 1024);

    /// <summary>Receives the next message; returns none if the peer has closed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        for (var length = 0; ;)
        {
            var received = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await Sockets.CloseAsync(socket, cancellationToken);
                return null;
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                return _buffer.AsMemory(0, length);
            }

            if (length == _buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                _buffer.AsSpan(0, length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
