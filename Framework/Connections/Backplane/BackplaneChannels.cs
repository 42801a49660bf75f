using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>The channels to which this node subscribes: as long as a group or user has connections here, and no longer.</summary>
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

    /// <summary>What waits to be delivered here, of all channels.</summary>
    public ReceiveBacklog Received { get; } = new(options.MaxBacklogBytes, logger);

    /// <summary>Why messages of some channel don't come here, though the backplane is there.</summary>
    public string? Problem => Volatile.Read(ref _failing) > 0 ? _lastProblem : null;

    /// <summary>A channel's name on the server.</summary>
    public string NameOf(string channel) => options.ChannelPrefix + channel;

    /// <summary>Takes part in a channel's subscription, which is begun with the first. Doesn't wait.</summary>
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

    /// <summary>Tries again what has failed, or had to wait.</summary>
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

    /// <summary>Waits until the subscriptions are there that are being made now, but not for long.</summary>
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
            // What hinders them is logged and stands in the status.
        }
    }

    internal bool MayWait => isConnected();

    /// <summary>Whether it makes sense to ask the server: a channel that may not is told when it does.</summary>
    internal bool MayAsk()
    {
        // In this order: who comes back meanwhile sees the mark, or is seen.
        _isIncomplete = true;
        return isConnected();
    }

    /// <summary>How often it was time to try again: an attempt that failed meanwhile may have failed for what is past.</summary>
    internal int Retries => Volatile.Read(ref _retries);

    internal ValueTask SubscribeAsync(string name) => backplane.SubscribeAsync(name);

    internal ValueTask UnsubscribeAsync(string name) => backplane.UnsubscribeAsync(name);

    /// <summary>A subscription has failed. The first says it: an outage that fails all of them has a warning of its own.</summary>
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

/// <summary>A channel, counted by those who need it. Subscribing and unsubscribing happen one after the other, on a thread of the pool.</summary>
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

    /// <summary>The pushes for it that wait to be delivered here.</summary>
    public ChannelBacklog Backlog => LazyInitializer.EnsureInitialized(ref _backlog, () => channels.NewBacklog(Name));

    /// <summary>Ends when the subscription is there.</summary>
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

    /// <summary>Gives a part back; with the last the subscription ends.</summary>
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

    /// <summary>Waits until messages of other nodes arrive, but not for long, and not while there is no way to them.</summary>
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
            // The group is joined here; the subscription is still being made, and the status tells of what hinders it.
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
                // A subscription that couldn't be ended brings messages that find nobody.
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
        catch (Exception e)
        {
            // Whatever an implementation throws, it is tried again.
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
