using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>A backplane over Redis pub/sub.</summary>
internal sealed class RedisBackplane : IBackplane
{
    // The interval of checks for changes that the library has no event for, such as a failover.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    // The number of consecutive checks without readiness before it is reported: after a reconnect the subscriptions take a moment.
    private const int MaxUnready = 4;

    // The limit for closing the connection. The end of the process closes a connection that takes longer.
    private static readonly TimeSpan s_closing = TimeSpan.FromSeconds(1);

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConfigurationOptions _configuration;
    private readonly RedisSharding _sharding;
    private readonly ILogger _logger;
    private readonly RedisProblems _problems;
    private readonly ConcurrentDictionary<string, ChannelMessageQueue> _queues = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _changed = new(0);
    private IBackplaneListener? _listener;
    private Task _watching = Task.CompletedTask;
    private ConnectionMultiplexer? _redis;
    private volatile ISubscriber? _subscriber;
    private volatile string? _failure;
    private volatile string? _lost;
    private int _unready;
    private bool _isSharded;

    public RedisBackplane(RedisBackplaneOptions options, ILogger<RedisBackplane> logger)
    {
        _configuration = options.Configuration.Clone();
        _configuration.AbortOnConnectFail = false;
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ReconnectRetryPolicy = new LinearRetry((int)s_look.TotalMilliseconds);
        _sharding = options.Sharding;
        _logger = logger;
        _problems = new RedisProblems(_configuration);
        _configuration.ConnectionAttemptCompleted += (_, attempt) =>
        {
            _problems.Note(attempt);
            Look();
        };
    }

    public ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken)
    {
        _listener = listener;
        _watching = Task.Run(WatchAsync, CancellationToken.None);
        return default;
    }

    public ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var published = Subscriber.PublishAsync(ChannelOf(channel), message);

        // A synchronous exception tells the caller that the command was not sent and may be published again.
        return published is { IsFaulted: true, Exception.InnerException: { } reason and not RedisConnectionException { CommandStatus: CommandStatus.Sent } }
            ? throw reason
            : new ValueTask(published);
    }

    public async ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken)
    {
        var subscriber = Subscriber;
        if (!_queues.ContainsKey(channel))
        {
            var queue = await SubscribeAsync(subscriber, ChannelOf(channel)).WaitAsync(cancellationToken);
            _queues[channel] = queue;
            Read(channel, queue);
        }
    }

    public async ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken)
    {
        if (_queues.TryRemove(channel, out var queue))
        {
            await queue.UnsubscribeAsync().WaitAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        if (_redis is { } redis)
        {
            await CloseAsync(redis);
        }

        _stopping.Dispose();
        _changed.Dispose();
    }

    private ISubscriber Subscriber => _subscriber ?? throw new InvalidOperationException(_failure ?? "Redis is not connected.");

    private RedisChannel ChannelOf(string name)
    {
        if (_queues.TryGetValue(name, out var queue))
        {
            return queue.Channel;
        }

        // The library would replace an unpaired surrogate with U+FFFD, so different names would become the same channel.
        _ = s_strict.GetByteCount(name);
        return _isSharded ? RedisChannel.Sharded(name) : RedisChannel.Literal(name);
    }

    private static async Task<ChannelMessageQueue> SubscribeAsync(ISubscriber subscriber, RedisChannel channel)
    {
        try
        {
            return await subscriber.SubscribeAsync(channel);
        }
        catch (Exception)
        {
            // The library may have recorded the subscription, and nothing would read its queue.
            await subscriber.UnsubscribeAsync(channel, flags: CommandFlags.FireAndForget);
            throw;
        }
    }

    private void Read(string channel, ChannelMessageQueue queue) =>
        queue.OnMessage(message => _listener!.Receive(channel, ((ReadOnlyMemory<byte>)message.Message).Span));

    // Closing doesn't wait for commands in progress: the server may not answer, and no caller needs the answers any more.
    private async Task CloseAsync(ConnectionMultiplexer redis)
    {
        try
        {
            await redis.CloseAsync(allowCommandsToComplete: false).WaitAsync(s_closing);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            RedisLog.NotClosed(_logger, e);
        }
    }

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
            // The application is stopping.
        }
    }

    // ConnectAsync returns a connection even if no server is reachable, and the library keeps trying. It throws for other problems, such
    // as host names that can't be resolved yet.
    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        while (true)
        {
            var connecting = ConnectionMultiplexer.ConnectAsync(_configuration);
            try
            {
                await TellProblemsUntilAsync(connecting);
                var redis = await connecting;
                redis.ConnectionFailed += (_, failed) => OnFailed(failed);
                redis.ConnectionRestored += (_, _) => Look();
                redis.ConfigurationChanged += (_, _) => Look();
                return redis;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                _ = CloseLateAsync(connecting);
                throw;
            }
            catch (Exception e)
            {
                Fail(e.Message);
                await Task.Delay(s_look, _stopping.Token);
            }
        }
    }

    // The first connection attempt takes many seconds if the server isn't reachable, so problems are reported before it ends.
    private async Task TellProblemsUntilAsync(Task connecting)
    {
        while (!connecting.IsCompleted)
        {
            await Task.WhenAny(connecting, _changed.WaitAsync(_stopping.Token)).WaitAsync(_stopping.Token);
            if (!connecting.IsCompletedSuccessfully && _problems.OfAll is { } problem)
            {
                Fail(problem);
            }
        }
    }

    private async Task CloseLateAsync(Task<ConnectionMultiplexer> connecting)
    {
        try
        {
            await CloseAsync(await connecting);
        }
        catch (Exception e)
        {
            // The connection isn't needed any more, so the exception doesn't matter.
            RedisLog.NotClosed(_logger, e);
        }
    }

    // The watching task reports the failure, so that reports stay in order.
    private void OnFailed(ConnectionFailedEventArgs failed)
    {
        if (failed.EndPoint is null || IsNeeded(failed.EndPoint))
        {
            _lost = $"Redis at {EndPointCollection.ToString(failed.EndPoint)} is lost ({failed.ConnectionType}: {failed.FailureType}).";
            _failure = _lost;
            _subscriber = null;
            Look();
        }
    }

    private bool IsNeeded(System.Net.EndPoint endPoint) => _redis is { } redis && !redis.GetServer(endPoint).IsReplica;

    private void Fail(string reason)
    {
        _subscriber = null;
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
            // A late event of a connection that is being disposed.
        }
    }

    private async Task LookAsync(ConnectionMultiplexer redis)
    {
        if (Interlocked.Exchange(ref _lost, null) is { } lost)
        {
            Fail(lost);
        }

        var primaries = redis.GetServers().Where(server => !server.IsReplica).ToArray();
        if (primaries.Length == 0 || !primaries.All(server => server.IsConnected))
        {
            var problem = _problems.Of(primaries) ?? ProblemOf(redis, primaries);
            if (problem is not null && problem != _failure)
            {
                Fail(problem);
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
            await subscriber.PingAsync().WaitAsync(_stopping.Token);
            await SubscribeMissingAsync(subscriber);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException)
        {
            RedisLog.NotReady(_logger, e);
            TellUnready(e);
            return;
        }

        _unready = 0;
        _problems.Clear();
        _failure = null;
        _subscriber = subscriber;
        _listener!.Connected();
    }

    // The library resubscribes by itself, and records the endpoint when the server has confirmed. It doesn't retry a refused subscription
    // for a minute. This method then subscribes itself, which also reveals the reason.
    private async Task SubscribeMissingAsync(ISubscriber subscriber)
    {
        foreach (var (channel, queue) in _queues)
        {
            if (subscriber.SubscribedEndpoint(queue.Channel) is not null)
            {
                continue;
            }

            if (_unready < MaxUnready)
            {
                throw new InvalidOperationException($"The channel {queue.Channel} is not subscribed to yet.");
            }

            await SubscribeAgainAsync(subscriber, channel, queue);
        }
    }

    // Unsubscribes the old queue first: no message may arrive through both queues.
    private async Task SubscribeAgainAsync(ISubscriber subscriber, string channel, ChannelMessageQueue before)
    {
        await before.UnsubscribeAsync().WaitAsync(_stopping.Token);
        var queue = await SubscribeAsync(subscriber, before.Channel).WaitAsync(_stopping.Token);
        if (_queues.TryUpdate(channel, queue, before))
        {
            Read(channel, queue);
        }
        else
        {
            await queue.UnsubscribeAsync();
        }
    }

    private string? ProblemOf(ConnectionMultiplexer redis, IServer[] primaries)
    {
        var names = string.Join(", ", _configuration.EndPoints.Select(EndPointCollection.ToString));
        return primaries.Length == 0 && redis.GetServers().Any(server => server.IsConnected)
                ? $"Redis at {names} is a replica, and its primary isn't known: what it is told reaches no other server."
            : _subscriber is not null || _failure is null ? $"Redis at {names} is not connected."
            : null;
    }

    // A connection that was lost again is reported by its event, so it isn't reported here.
    private void TellUnready(Exception exception)
    {
        var problem = exception switch
        {
            TimeoutException => "Redis is connected but doesn't answer.",
            RedisServerException => $"Redis is connected but not ready: {exception.Message}",
            _ => null,
        };
        if (++_unready >= MaxUnready && problem is not null && problem != _failure)
        {
            Fail(problem);
        }
    }
}

internal static partial class RedisLog
{
    [LoggerMessage(250, LogLevel.Debug, "Redis is connected but not ready yet.")]
    public static partial void NotReady(ILogger logger, Exception exception);

    [LoggerMessage(251, LogLevel.Debug, "The connection to Redis was not closed cleanly.")]
    public static partial void NotClosed(ILogger logger, Exception exception);
}
