using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <summary>A connection's requests that its peer hasn't answered yet, by their numbers. Made with the first request.</summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<long, PendingRequest> _requests = new();
    private long _lastNumber;
    private int _count;
    private SemaphoreSlim? _turn;

    /// <summary>Whoever asks holds it, where the format lets only one request be under way.</summary>
    public SemaphoreSlim Turn => LazyInitializer.EnsureInitialized(ref _turn, static () => new SemaphoreSlim(1, 1));

    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    public long Add(PendingRequest request)
    {
        Interlocked.Increment(ref _count);
        var number = Interlocked.Increment(ref _lastNumber);
        _requests[number] = request;
        return number;
    }

    public bool TryRemove(long number, [NotNullWhen(true)] out PendingRequest? request)
    {
        if (!_requests.TryRemove(number, out request))
        {
            return false;
        }

        Interlocked.Decrement(ref _count);
        return true;
    }

    /// <summary>Fails those whose replies are overdue.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    /// <param name="timeout">How long a reply may take.</param>
    public void Watch(long step, TimeSpan timeout)
    {
        foreach (var request in _requests.Values)
        {
            if (request.IsOver(step, (long)timeout.TotalMilliseconds))
            {
                request.Fail(new TimeoutException($"The peer hasn't answered the request within {timeout.TotalSeconds} s."));
            }
        }
    }

    /// <summary>No reply comes any more, since the connection ends.</summary>
    public void FailAll(CloseInfo close)
    {
        foreach (var request in _requests.Values)
        {
            request.Fail(new ConnectionClosedException(close));
        }
    }
}
