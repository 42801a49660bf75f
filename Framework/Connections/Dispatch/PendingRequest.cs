namespace UpgradeProtocols.Runtime;

/// <summary>A request of ours that the peer hasn't answered yet.</summary>
internal abstract class PendingRequest
{
    public abstract void Complete(ReadOnlySpan<byte> payload);

    public abstract void Fail(Exception exception);
}

internal sealed class PendingRequest<T>(PayloadSerializer<T> serializer) : PendingRequest
{
    // The awaiting code is the user's: it doesn't run on the reader.
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
            // What a payload's type does when it is made is the asker's trouble, not the reader's.
            _reply.TrySetException(e);
        }
    }

    public override void Fail(Exception exception) => _reply.TrySetException(exception);
}
