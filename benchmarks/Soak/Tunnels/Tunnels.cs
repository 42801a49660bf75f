using System.Collections.Concurrent;

namespace UpgradeProtocols.Soak;

/// <summary>The bytes that the tunnels' handlers saw, and the handlers that still wait.</summary>
/// <param name="survivesDisposal">
/// Whether bytes that were read stay when the connection is disposed of meanwhile. Kestrel's transport doesn't promise it.
/// </param>
internal sealed class Tunnels(bool survivesDisposal)
{
    private readonly ConcurrentQueue<string> _failures = new();
    private long _foreign;
    private long _count;
    private int _waiting;

    public bool SurvivesDisposal => survivesDisposal;

    public long Count => Interlocked.Read(ref _count);

    public long ForeignChunks => Interlocked.Read(ref _foreign);

    /// <summary>Directions of tunnels that have not ended.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public IEnumerable<string> Failures => _failures;

    public void Began() => Interlocked.Increment(ref _count);

    public void Foreign(string what)
    {
        if (Interlocked.Increment(ref _foreign) <= 100)
        {
            _failures.Enqueue(what);
        }
    }

    /// <summary>A direction, which must end, however it ends.</summary>
    public async Task WatchAsync(Task direction)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await direction;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ArgumentException)
        {
            // The connection has ended meanwhile.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

/// <summary>A handler fails as it is asked to.</summary>
internal sealed class TunnelException() : Exception("The tunnel is to end by an exception.");
