namespace UpgradeProtocols;

/// <summary>A request of this side that the peer hasn't answered yet.</summary>
internal abstract class PendingRequest
{
    private long _left = long.MinValue;

    /// <summary>Counts the time of a tick; returns whether the reply is overdue.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    /// <param name="timeout">The time limit for the reply, in milliseconds.</param>
    public bool IsOver(long step, long timeout)
    {
        // The first tick may come at any time after the request was sent, so its step doesn't count.
        _left = _left == long.MinValue ? timeout : _left - step;
        return _left <= 0;
    }

    public abstract void Complete(ReadOnlySpan<byte> payload);

    public abstract void Fail(Exception exception);
}

internal sealed class PendingRequest<T>(PayloadSerializer<T> serializer) : PendingRequest
{
    // The awaiting code is user code: it doesn't run on the reader.
    private readonly TaskCompletionSource<T> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Reply => _reply.Task;

    public override void Complete(ReadOnlySpan<byte> payload)
    {
        try
        {
            _reply.TrySetResult(serializer.Read(payload)!);
        }
        catch (Exception e)
        {
            // An exception from the payload type's own code belongs to the caller, not to the reader.
            _reply.TrySetException(e);
        }
    }

    public override void Fail(Exception exception) => _reply.TrySetException(exception);
}
