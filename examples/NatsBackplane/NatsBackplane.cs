using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using NATS.Client.Core;
using UpgradeProtocols;

namespace NatsBackplane;

/// <summary>
/// A custom backplane for NATS in one file. <c>builder.AddNats("nats://localhost:4222")</c> carries groups, direct sends and
/// presence like <c>AddRedis</c>.
/// </summary>
public sealed class NatsBackplane : IBackplane
{
    // A NATS server reads 4 KiB of a command line by default, and closes the connection if the line is longer.
    private const int MaxSubjectLength = 1024;

    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(1);

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly NatsConnection _nats;
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private IBackplaneListener? _listener;

    public NatsBackplane(NatsOpts options)
    {
        ArgumentNullException.ThrowIfNull(options);

        // A ping every 2 seconds detects a server that has stopped responding; NATS doesn't acknowledge publications.
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

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (_nats.ServerInfo is { MaxPayload: > 0 } server && message.Length > server.MaxPayload)
        {
            // The exception concerns this message only. Without it, the server would close the connection.
            throw new ArgumentException($"The message has {message.Length} bytes, but NATS accepts at most {server.MaxPayload} (max_payload).", nameof(message));
        }

        return _nats.PublishAsync(SubjectOf(channel), message, serializer: NatsRawSerializer<ReadOnlyMemory<byte>>.Default, cancellationToken: cancellationToken);
    }

    public async ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (_subscriptions.ContainsKey(channel))
        {
            return;
        }

        var options = new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 16 * 1024, FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait } };
        var subscribed = await _nats.SubscribeCoreAsync(SubjectOf(channel), serializer: NatsRawSerializer<NatsMemoryOwner<byte>>.Default, opts: options, cancellationToken: cancellationToken);
        _subscriptions[channel] = new Subscription(subscribed, ReadAsync(channel, subscribed));

        // The reply confirms that the server has received the subscription that was sent before the ping.
        await _nats.PingAsync(cancellationToken);
    }

    public async ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken)
    {
        if (_subscriptions.TryRemove(channel, out var subscription))
        {
            await subscription.Subscribed.UnsubscribeAsync();
            await subscription.Reading.WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A server that doesn't respond must not delay the caller.
            await Task.WhenAll(_subscriptions.Values.Select(subscription => subscription.Reading).Append(_nats.DisposeAsync().AsTask())).WaitAsync(s_closing);
        }
        catch (TimeoutException)
        {
            // The process is shutting down.
        }
    }

    // The subject escapes spaces, wildcards and dots. A long subject is a digest behind a dot; no other subject contains a dot. Half
    // a surrogate pair is refused, because its escape would be the same as that of another half.
    private static string SubjectOf(string channel)
    {
        var bytes = s_strict.GetBytes(channel);
        var subject = Uri.EscapeDataString(channel).Replace(".", "%2E", StringComparison.Ordinal);
        return subject.Length <= MaxSubjectLength ? subject : "long." + Convert.ToHexString(SHA256.HashData(bytes));
    }

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
                // The library doesn't retry the first connection.
                _listener!.Disconnected($"NATS at {_nats.Opts.Url} can't be reached: {e.GetBaseException().Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(250));
            }
        }
    }

    private async Task OpenedAsync()
    {
        try
        {
            // The server replies after it has processed the restored subscriptions.
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
