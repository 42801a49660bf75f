using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using NATS.Client.Core;
using UpgradeProtocols;

namespace NatsBackplane;

/// <summary>
/// A backplane of one's own: NATS, in a file. <c>builder.AddNats("nats://localhost:4222")</c> carries groups, direct sends and
/// presence as <c>AddRedis</c> does.
/// </summary>
public sealed class NatsBackplane : IBackplane
{
    // A server reads 4 KiB of a command's line by default, and hangs up on a longer one.
    private const int MaxSubjectLength = 1024;

    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(1);

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (_nats.ServerInfo is { MaxPayload: > 0 } server && message.Length > server.MaxPayload)
        {
            // Said of the message, and not of the connection, which the server would close.
            throw new ArgumentException($"NATS takes {server.MaxPayload} bytes (max_payload), and the message has {message.Length}.", nameof(message));
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

        // Its answer says that the server has got the subscription before it.
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
            // A server that doesn't answer delays no caller.
            await Task.WhenAll(_subscriptions.Values.Select(subscription => subscription.Reading).Append(_nats.DisposeAsync().AsTask())).WaitAsync(s_closing);
        }
        catch (TimeoutException)
        {
            // The process ends.
        }
    }

    // A subject has no spaces, wildcards and dots of its own. A long one is its digest, behind a dot, which no other has. Half a
    // surrogate pair is refused: it would be escaped as others are.
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
                // The first connection isn't tried again by the library.
                _listener!.Disconnected($"NATS at {_nats.Opts.Url} can't be reached: {e.GetBaseException().Message}");
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
