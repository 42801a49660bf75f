using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>A connection's requests that its peer hasn't answered yet, by number. Created with the first request.</summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<long, PendingRequest> _requests = new();
    private long _lastNumber;
    private int _count;
    private SemaphoreSlim? _turn;

    /// <summary>The turn to send a request, where the format allows only one request at a time.</summary>
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

    /// <summary>Fails the requests whose replies are overdue.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    /// <param name="timeout">The time limit for a reply.</param>
    public void Watch(long step, TimeSpan timeout)
    {
        foreach (var request in _requests.Values)
        {
            if (request.IsOver(step, (long)timeout.TotalMilliseconds))
            {
                request.Fail(new TimeoutException($"The peer didn't answer the request within {timeout.TotalSeconds} s."));
            }
        }
    }

    /// <summary>Fails all requests: no reply comes any more, since the connection ends.</summary>
    public void FailAll(CloseInfo close)
    {
        foreach (var request in _requests.Values)
        {
            request.Fail(new ConnectionClosedException(close));
        }
    }
}
