using System.Collections.Concurrent;

namespace UpgradeProtocols.Soak;

/// <summary>The results of the tunnels' handlers, and their pending operations.</summary>
/// <param name="survivesDisposal">
/// Whether read bytes stay valid if the connection is disposed at the same time. Kestrel's transport doesn't guarantee this.
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

    /// <summary>The number of tunnel directions that have not ended.</summary>
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

    /// <summary>Runs one direction, which must end in some way.</summary>
    public async Task WatchAsync(Task direction)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await direction;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException or ArgumentException)
        {
            // The connection has ended in the meantime.
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}

/// <summary>The exception of a handler that fails on request.</summary>
internal sealed class TunnelException() : Exception("The client requested that the tunnel ends with an exception.");
