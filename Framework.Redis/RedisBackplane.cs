using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>Redis pub/sub.</summary>
internal sealed class RedisBackplane : IBackplane
{
    // How long a change may stay unnoticed that the library has no event for, such as a failover.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly ConfigurationOptions _configuration;
    private readonly RedisSharding _sharding;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, ChannelMessageQueue> _queues = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _changed = new(0);
    private IBackplaneListener? _listener;
    private Task _watching = Task.CompletedTask;
    private ConnectionMultiplexer? _redis;
    private volatile ISubscriber? _subscriber;
    private bool _isSharded;
    private string? _failure;

    public RedisBackplane(RedisBackplaneOptions options, ILogger<RedisBackplane> logger)
    {
        _configuration = options.Connection.Clone();
        _configuration.AbortOnConnectFail = false;
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ReconnectRetryPolicy = new LinearRetry((int)s_look.TotalMilliseconds);
        _sharding = options.Sharding;
        _logger = logger;
    }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        _listener = listener;
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return default;
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message) => new(Subscriber.PublishAsync(ChannelOf(channel), message));

    public async ValueTask SubscribeAsync(string channel)
    {
        var subscriber = Subscriber;
        if (_queues.ContainsKey(channel))
        {
            return;
        }

        var redisChannel = ChannelOf(channel);
        ChannelMessageQueue queue;
        try
        {
            queue = await subscriber.SubscribeAsync(redisChannel);
        }
        catch (Exception)
        {
            // The library may have noted the subscription; nobody would read its queue.
            await subscriber.UnsubscribeAsync(redisChannel, flags: CommandFlags.FireAndForget);
            throw;
        }

        _queues[channel] = queue;
        queue.OnMessage(message => _listener!.Receive(channel, ((ReadOnlyMemory<byte>)message.Message).Span));
    }

    public async ValueTask UnsubscribeAsync(string channel)
    {
        if (_queues.TryRemove(channel, out var queue))
        {
            await queue.UnsubscribeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        if (_redis is { } redis)
        {
            await redis.DisposeAsync();
        }

        _stopping.Dispose();
        _changed.Dispose();
    }

    private ISubscriber Subscriber => _subscriber ?? throw new InvalidOperationException(_failure ?? "Redis is not connected.");

    private RedisChannel ChannelOf(string name) =>
        _queues.TryGetValue(name, out var queue) ? queue.Channel : _isSharded ? RedisChannel.Sharded(name) : RedisChannel.Literal(name);

    private async Task WatchAsync()
    {
        try
        {
            _redis = await ConnectAsync();
            while (true)
            {
                await LookAsync(_redis);
                await _changed.WaitAsync(s_look, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application ends.
        }
    }

    // It gives a connection without a server, and goes on trying; what it throws is about names that can't be resolved yet, and the like.
    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        while (true)
        {
            try
            {
                var redis = await ConnectionMultiplexer.ConnectAsync(_configuration).WaitAsync(_stopping.Token);
                redis.ConnectionFailed += (_, failed) => OnFailed(failed);
                redis.ConnectionRestored += (_, _) => Look();
                redis.ConfigurationChanged += (_, _) => Look();
                return redis;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Fail(e.Message);
                await Task.Delay(s_look, _stopping.Token);
            }
        }
    }

    private void OnFailed(ConnectionFailedEventArgs failed)
    {
        if (failed.EndPoint is null || IsNeeded(failed.EndPoint))
        {
            _subscriber = null;
            Fail($"Redis at {EndPointCollection.ToString(failed.EndPoint)} is lost ({failed.ConnectionType}: {failed.FailureType}).");
        }
    }

    private bool IsNeeded(System.Net.EndPoint endPoint) => _redis is { } redis && !redis.GetServer(endPoint).IsReplica;

    private void Fail(string reason)
    {
        _failure = reason;
        _listener!.Disconnected(reason);
    }

    private void Look()
    {
        try
        {
            _changed.Release();
        }
        catch (ObjectDisposedException)
        {
            // The last event of a connection that is being disposed of.
        }
    }

    private async Task LookAsync(ConnectionMultiplexer redis)
    {
        var primaries = redis.GetServers().Where(server => !server.IsReplica).ToArray();
        if (primaries.Length == 0 || !primaries.All(server => server.IsConnected))
        {
            if (_subscriber is not null || _failure is null)
            {
                _subscriber = null;
                Fail($"Redis at {string.Join(", ", _configuration.EndPoints)} is not connected.");
            }

            return;
        }

        if (_subscriber is not null)
        {
            return;
        }

        _isSharded = _sharding switch
        {
            RedisSharding.On => true,
            RedisSharding.Off => false,
            _ => primaries.All(server => server.ServerType == ServerType.Cluster && server.Features.ShardedPubSub),
        };
        var subscriber = redis.GetSubscriber();
        try
        {
            // The library subscribes again by itself, and notes the server when that has confirmed it.
            await subscriber.PingAsync();
            if (_queues.Values.FirstOrDefault(queue => subscriber.SubscribedEndpoint(queue.Channel) is null) is { } missing)
            {
                throw new InvalidOperationException($"The channel {missing.Channel} is not subscribed to yet.");
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException)
        {
            RedisLog.NotReady(_logger, e);
            return;
        }

        _failure = null;
        _subscriber = subscriber;
        _listener!.Connected();
    }
}

internal static partial class RedisLog
{
    [LoggerMessage(250, LogLevel.Debug, "Redis is connected, and not ready yet.")]
    public static partial void NotReady(ILogger logger, Exception exception);
}
