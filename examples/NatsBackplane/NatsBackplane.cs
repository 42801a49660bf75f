using System.Collections.Concurrent;
using NATS.Client.Core;

namespace NatsBackplane;

/// <summary>
/// A backplane of one's own: NATS, in a file. <c>builder.AddNats("nats://localhost:4222")</c> carries groups, direct sends and
/// presence as <c>AddRedis</c> does.
/// </summary>
public sealed class NatsBackplane : IBackplane
{
    private readonly NatsConnection _nats;
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private IBackplaneListener? _listener;

    public NatsBackplane(NatsOpts options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // A ping of 2 seconds finds a server that has stopped answering; NATS doesn't acknowledge what is published.
        _nats = new NatsConnection(options with
        {
            Echo = false,
            MaxReconnectRetry = -1,
            PingInterval = TimeSpan.FromSeconds(2),
            MaxPingOut = 1,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(250),
            ReconnectWaitMax = TimeSpan.FromSeconds(1),
        });
        _nats.ConnectionOpened += async (_, _) => await OpenedAsync();
        _nats.ConnectionDisconnected += (_, e) =>
        {
            _listener?.Disconnected($"NATS is lost: {e.Message}");
            return default;
        };
    }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        _listener = listener;
        _ = ConnectAsync();
        return default;
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message)
    {
        ThrowIfAway();
        return _nats.PublishAsync(SubjectOf(channel), message, serializer: NatsRawSerializer<ReadOnlyMemory<byte>>.Default);
    }

    public async ValueTask SubscribeAsync(string channel)
    {
        ThrowIfAway();
        if (_subscriptions.ContainsKey(channel))
        {
            return;
        }

        var options = new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 16 * 1024, FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait } };
        var subscribed = await _nats.SubscribeCoreAsync(SubjectOf(channel), serializer: NatsRawSerializer<NatsMemoryOwner<byte>>.Default, opts: options);
        _subscriptions[channel] = new Subscription(subscribed, ReadAsync(channel, subscribed));

        // Its answer says that the server has got the subscription before it.
        await _nats.PingAsync();
    }

    public async ValueTask UnsubscribeAsync(string channel)
    {
        if (_subscriptions.TryRemove(channel, out var subscription))
        {
            await subscription.Subscribed.UnsubscribeAsync();
            await subscription.Reading;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _nats.DisposeAsync();
        await Task.WhenAll(_subscriptions.Values.Select(subscription => subscription.Reading));
    }

    // A subject has no spaces, wildcards and dots of its own.
    private static string SubjectOf(string channel) => Uri.EscapeDataString(channel).Replace(".", "%2E", StringComparison.Ordinal);

    private void ThrowIfAway()
    {
        if (_nats.ConnectionState != NatsConnectionState.Open)
        {
            throw new InvalidOperationException($"NATS is not connected ({_nats.ConnectionState}).");
        }
    }

    private async Task ConnectAsync()
    {
        while (true)
        {
            try
            {
                await _nats.ConnectAsync();
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception e) when (e is NatsException or IOException or OperationCanceledException or System.Net.Sockets.SocketException)
            {
                // The first connection isn't tried again by the library.
                _listener!.Disconnected($"NATS can't be reached: {e.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(250));
            }
        }
    }

    private async Task OpenedAsync()
    {
        try
        {
            // Answered after the subscriptions that were made again.
            await _nats.PingAsync();
            _listener!.Connected();
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            _listener!.Disconnected($"NATS is lost: {e.Message}");
        }
    }

    private async Task ReadAsync(string channel, INatsSub<NatsMemoryOwner<byte>> subscribed)
    {
        await foreach (var message in subscribed.Msgs.ReadAllAsync())
        {
            using var data = message.Data;
            _listener!.Receive(channel, data.Span);
        }
    }

    private sealed record Subscription(INatsSub<NatsMemoryOwner<byte>> Subscribed, Task Reading);
}
