using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>The channels to which this node subscribes: each as long as a group or user has connections here.</summary>
internal sealed class BackplaneChannels(
    IBackplane backplane, BackplaneOptions options, TimeProvider time, ILogger logger, Func<bool> isConnected, DeliverPush? deliver = null)
{
    public const string GroupPrefix = "g:";
    public const string UserPrefix = "u:";
    public const string NodePrefix = "n:";
    public const string Everybody = "all";

    private readonly ConcurrentDictionary<string, BackplaneChannel> _channels = new(StringComparer.Ordinal);
    private volatile bool _isIncomplete;
    private volatile string? _lastProblem;
    private int _failing;
    private int _retries;

    public int Count => _channels.Count;

    /// <summary>The pushes of all channels that wait for local delivery.</summary>
    public ReceiveBacklog Received { get; } = new(options.MaxBacklogBytes, logger);

    /// <summary>The reason why messages of some channel don't arrive here although the backplane is connected.</summary>
    public string? Problem => Volatile.Read(ref _failing) > 0 ? _lastProblem : null;

    /// <summary>A channel's name on the server.</summary>
    public string NameOf(string channel) => options.ChannelPrefix + channel;

    /// <summary>Adds a reference to a channel. The first reference starts the subscription. Doesn't wait.</summary>
    public BackplaneChannel Open(string channel)
    {
        var name = NameOf(channel);
        while (true)
        {
            var opened = _channels.GetOrAdd(name, name => new BackplaneChannel(this, name));
            if (opened.TryRetain())
            {
                return opened;
            }
        }
    }

    /// <summary>Finds a channel by its name on the server.</summary>
    public BackplaneChannel? Find(string name) => _channels.GetValueOrDefault(name);

    /// <summary>Retries subscriptions that have failed or had to wait.</summary>
    public void Retry()
    {
        Interlocked.Increment(ref _retries);
        if (!_isIncomplete)
        {
            return;
        }

        _isIncomplete = false;
        foreach (var (_, channel) in _channels)
        {
            channel.Retry();
        }
    }

    /// <summary>Waits until the subscriptions in progress are established, but only for a short time.</summary>
    public async Task WhenSubscribedAsync()
    {
        var opened = _channels.Values.Select(static channel => channel.Opened).Where(static opened => !opened.IsCompleted).ToArray();
        if (opened.Length == 0)
        {
            return;
        }

        try
        {
            await WaitAsync(Task.WhenAll(opened), CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The cause is logged, and the status has it.
        }
    }

    internal bool MayWait => isConnected();

    /// <summary>Whether an attempt makes sense now. A channel that gets false is notified when it may try again.</summary>
    internal bool MayAsk()
    {
        // In this order: a concurrent return of the server either sees the mark, or this call sees the connection.
        _isIncomplete = true;
        return isConnected();
    }

    /// <summary>The number of retry rounds. An attempt that failed during a new round may have failed for an outdated reason.</summary>
    internal int Retries => Volatile.Read(ref _retries);

    /// <summary>Is cancelled when the server stops.</summary>
    public CancellationToken Stopping { get; init; }

    internal ValueTask SubscribeAsync(string name) => backplane.SubscribeAsync(name, Stopping);

    internal ValueTask UnsubscribeAsync(string name) => backplane.UnsubscribeAsync(name, Stopping);

    /// <summary>
    /// A subscription has failed. Only the first failure is logged: an outage that fails all of them has its own warning.
    /// </summary>
    internal void Failed(Exception exception, string name, bool isFirst)
    {
        _isIncomplete = true;
        _lastProblem = $"The channel {name} can't be subscribed to: {exception.Message}";
        if (isFirst && Interlocked.Increment(ref _failing) == 1 && isConnected())
        {
            BackplaneLog.SubscriptionFailed(logger, name, exception.Message);
        }

        BackplaneLog.SubscriptionFault(logger, exception, name);
    }

    internal ChannelBacklog NewBacklog(string name) => new(name, Received, deliver ?? (static (_, _) => { }), ChannelBacklog.Schedule);

    internal void Recovered() => Interlocked.Decrement(ref _failing);

    internal void Forget(BackplaneChannel channel) => _channels.TryRemove(KeyValuePair.Create(channel.Name, channel));

    internal Task WaitAsync(Task opened, CancellationToken cancellationToken) => opened.WaitAsync(options.JoinTimeout, time, cancellationToken);
}

/// <summary>A reference-counted channel. Subscribing and unsubscribing run one at a time, on a pool thread.</summary>
internal sealed class BackplaneChannel(BackplaneChannels channels, string name) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _opened = NewSource();
    private ChannelBacklog? _backlog;
    private int _references;
    private bool _hasFailed;
    private bool _isSubscribed;
    private bool _isWorking;
    private bool _isForgotten;

    /// <summary>The name on the server.</summary>
    public string Name { get; } = name;

    /// <summary>The channel's pushes that wait for local delivery.</summary>
    public ChannelBacklog Backlog => LazyInitializer.EnsureInitialized(ref _backlog, () => channels.NewBacklog(Name));

    /// <summary>A task that ends when the subscription is established.</summary>
    public Task Opened
    {
        get
        {
            lock (_gate)
            {
                return _opened.Task;
            }
        }
    }

    public bool TryRetain()
    {
        lock (_gate)
        {
            if (_isForgotten)
            {
                return false;
            }

            _references++;
            Work();
            return true;
        }
    }

    /// <summary>Releases a reference. With the last one the subscription ends.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _references--;
            Work();
        }
    }

    public void Retry()
    {
        lock (_gate)
        {
            Work();
        }
    }

    /// <summary>Waits until messages of other nodes arrive, but only for a short time, and not while the backplane is away.</summary>
    public ValueTask WhenOpenAsync(CancellationToken cancellationToken)
    {
        var opened = Opened;
        return opened.IsCompleted || !channels.MayWait ? default : WaitAsync(opened, cancellationToken);
    }

    void IThreadPoolWorkItem.Execute() => _ = ReconcileAsync();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask WaitAsync(Task opened, CancellationToken cancellationToken)
    {
        try
        {
            await channels.WaitAsync(opened, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The connection has joined the group on this node. The subscription is still in progress, and the status has the cause of the
            // delay.
        }
    }

    // Under the gate.
    private void Work()
    {
        if (_isWorking)
        {
            return;
        }

        if ((_references > 0) != _isSubscribed)
        {
            // While the server is away an attempt could only fail.
            if (channels.MayAsk())
            {
                _isWorking = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
        else if (_references == 0)
        {
            _isForgotten = true;
            Failing(false);
            channels.Forget(this);
            Volatile.Read(ref _backlog)?.Clear();
        }
    }

    private async Task ReconcileAsync()
    {
        while (true)
        {
            bool subscribe;
            lock (_gate)
            {
                subscribe = _references > 0;
                if (subscribe == _isSubscribed)
                {
                    _isWorking = false;
                    Work();
                    return;
                }

                if (!subscribe)
                {
                    _opened = NewSource();
                }
            }

            var retries = channels.Retries;
            var isDone = await TryAsync(subscribe);
            lock (_gate)
            {
                // A subscription whose end failed still brings messages, which have no receivers.
                _isSubscribed = subscribe && isDone;
                Failing(subscribe && !isDone);
                if (!isDone && subscribe && retries == channels.Retries)
                {
                    _isWorking = false;
                    if (_references == 0)
                    {
                        Work();
                    }

                    return;
                }

                if (_isSubscribed)
                {
                    _opened.TrySetResult();
                }
            }
        }
    }

    private async Task<bool> TryAsync(bool subscribe)
    {
        try
        {
            await (subscribe ? channels.SubscribeAsync(Name) : channels.UnsubscribeAsync(Name));
            return true;
        }
        catch (OperationCanceledException) when (channels.Stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            // Any exception of an implementation leads to a retry.
            channels.Failed(e, Name, isFirst: subscribe && !_hasFailed);
            return false;
        }
    }

    // Under the gate.
    private void Failing(bool isFailing)
    {
        if (_hasFailed && !isFailing)
        {
            channels.Recovered();
        }

        _hasFailed = isFailing;
    }
}
