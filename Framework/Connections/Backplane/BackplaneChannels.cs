using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>The channels to which this node subscribes: as long as a group or user has connections here, and no longer.</summary>
internal sealed class BackplaneChannels(IBackplane backplane, BackplaneOptions options, TimeProvider time, ILogger logger, Func<bool> isConnected)
{
    public const string GroupPrefix = "g:";
    public const string UserPrefix = "u:";
    public const string NodePrefix = "n:";
    public const string Everybody = "all";

    private readonly ConcurrentDictionary<string, BackplaneChannel> _channels = new(StringComparer.Ordinal);
    private volatile bool _hasFailed;
    private int _retries;

    public int Count => _channels.Count;

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

    /// <summary>Tries again what has failed.</summary>
    public void Retry()
    {
        Interlocked.Increment(ref _retries);
        if (!_hasFailed)
        {
            return;
        }

        _hasFailed = false;
        foreach (var (_, channel) in _channels)
        {
            channel.Retry();
        }
    }

    internal bool MayWait => isConnected();

    /// <summary>How often it was time to try again: an attempt that failed meanwhile may have failed for what is past.</summary>
    internal int Retries => Volatile.Read(ref _retries);

    internal ValueTask SubscribeAsync(string name) => backplane.SubscribeAsync(name);

    internal ValueTask UnsubscribeAsync(string name) => backplane.UnsubscribeAsync(name);

    internal void Failed(Exception exception, string name)
    {
        _hasFailed = true;
        BackplaneLog.SubscriptionFailed(logger, exception, name);
    }

    internal void Forget(BackplaneChannel channel) => _channels.TryRemove(KeyValuePair.Create(channel.Name, channel));

    internal Task WaitAsync(Task opened, CancellationToken cancellationToken) => opened.WaitAsync(options.JoinTimeout, time, cancellationToken);
}

/// <summary>A channel, counted by those who need it. Subscribing and unsubscribing happen one after the other, on a thread of the pool.</summary>
internal sealed class BackplaneChannel(BackplaneChannels channels, string name) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _opened = NewSource();
    private int _references;
    private bool _isSubscribed;
    private bool _isWorking;
    private bool _isForgotten;

    /// <summary>The name on the server.</summary>
    public string Name { get; } = name;

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
        Task opened;
        lock (_gate)
        {
            opened = _opened.Task;
        }

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
        if (!_isWorking && (_references > 0) != _isSubscribed)
        {
            _isWorking = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        else if (!_isWorking && _references == 0)
        {
            _isForgotten = true;
            channels.Forget(this);
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
                if (!isDone && subscribe && retries == channels.Retries)
                {
                    _isWorking = false;
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
            channels.Failed(e, Name);
            return false;
        }
    }
}
