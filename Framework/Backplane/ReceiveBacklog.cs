using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// The bytes of other nodes' pushes that wait for local delivery, of all channels together. An engine hands over messages as fast
/// as the server sends them. Without a limit, pushes that this node doesn't deliver as fast would fill its memory.
/// </summary>
internal sealed class ReceiveBacklog(long limit, ILogger logger)
{
    private long _bytes;
    private long _dropped;
    private long _droppedBefore;
    private int _isOverrun;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The number of dropped pushes.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Whether a push of this size would exceed the limit.</summary>
    public bool IsFull(int length) => Bytes + length > limit;

    /// <summary>Adds the bytes of a push that begins to wait, or subtracts those of a delivered one.</summary>
    public void Add(int bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) == 0 && Interlocked.Exchange(ref _isOverrun, 0) != 0)
        {
            var dropped = Dropped;
            BackplaneLog.KeepsUp(logger, dropped - Interlocked.Exchange(ref _droppedBefore, dropped));
        }
    }

    /// <summary>Counts a dropped push. Only the first one is logged, until all waiting pushes have been delivered.</summary>
    public void Drop()
    {
        Interlocked.Increment(ref _dropped);
        if (Interlocked.Exchange(ref _isOverrun, 1) == 0)
        {
            BackplaneLog.Overrun(logger, limit);
        }
    }
}
