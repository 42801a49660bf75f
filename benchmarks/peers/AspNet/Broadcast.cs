using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace Peers;

/// <summary>Sends each publication to all subscribers: one copy of the bytes, a bounded channel and a send loop per subscriber.</summary>
internal static class Broadcast
{
    private static readonly ConcurrentDictionary<Channel<byte[]>, byte> Subscribers = new();

    public static async Task PublishAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var receiver = new MessageReceiver(socket);
        while (await receiver.ReceiveAsync(cancellationToken) is { } message)
        {
            var bytes = message.ToArray();
            foreach (var (channel, _) in Subscribers)
            {
                channel.Writer.TryWrite(bytes);
            }
        }
    }

    public static async Task SubscribeAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        Subscribers.TryAdd(channel, 0);
        var sending = SendAsync(socket, channel.Reader, cancellationToken);
        try
        {
            using var receiver = new MessageReceiver(socket);
            while (await receiver.ReceiveAsync(cancellationToken) is not null)
            {
            }
        }
        finally
        {
            Subscribers.TryRemove(channel, out _);
            channel.Writer.TryComplete();
            await sending;
        }
    }

    private static async Task SendAsync(WebSocket socket, ChannelReader<byte[]> messages, CancellationToken cancellationToken)
    {
        await foreach (var message in messages.ReadAllAsync(cancellationToken))
        {
            if (socket.State != WebSocketState.Open)
            {
                return;
            }

            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
    }
}
