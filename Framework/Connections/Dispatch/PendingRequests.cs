using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <summary>A connection's requests that its peer hasn't answered yet, by their numbers. Made with the first request.</summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<long, PendingRequest> _requests = new();
    private long _lastNumber;
    private SemaphoreSlim? _turn;

    /// <summary>Whoever asks holds it, where the format lets only one request be under way.</summary>
    public SemaphoreSlim Turn => LazyInitializer.EnsureInitialized(ref _turn, static () => new SemaphoreSlim(1, 1));

    public long Add(PendingRequest request)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        _requests[number] = request;
        return number;
    }

    public bool TryRemove(long number, [NotNullWhen(true)] out PendingRequest? request) => _requests.TryRemove(number, out request);

    /// <summary>No reply comes any more, since the connection ends.</summary>
    public void FailAll(CloseInfo close)
    {
        foreach (var request in _requests.Values)
        {
            request.Fail(new ConnectionClosedException(close));
        }
    }
}
