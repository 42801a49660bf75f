using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// The bytes of other nodes' pushes that wait to be delivered here, of all channels together. An engine hands over what comes as fast
/// as the server sends it; what this node doesn't deliver as fast would take its memory.
/// </summary>
internal sealed class ReceiveBacklog(long limit, ILogger logger)
{
    private long _bytes;
    private long _dropped;
    private long _droppedBefore;
    private int _isOverrun;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The pushes that were dropped.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Whether a push of this size would be too much.</summary>
    public bool IsFull(int length) => Bytes + length > limit;

    /// <summary>Counts what has been delivered, or begins to wait.</summary>
    public void Add(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) == 0 && Interlocked.Exchange(ref _isOverrun, 0) != 0)
        {
            var dropped = Dropped;
            BackplaneLog.KeepsUp(logger, dropped - Interlocked.Exchange(ref _droppedBefore, dropped));
        }
    }

    /// <summary>Counts a push that is dropped. The first says it, until all that waits has been delivered.</summary>
    public void Drop()
    {
        Interlocked.Increment(ref _dropped);
        if (Interlocked.Exchange(ref _isOverrun, 1) == 0)
        {
            BackplaneLog.Overrun(logger, limit);
        }
    }
}
