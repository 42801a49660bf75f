namespace UpgradeProtocols;

/// <summary>
/// A task for waiters, created when the first one waits. It is used under its owner's lock and completed outside of it. The waiters'
/// continuations run asynchronously.
/// </summary>
internal struct Signal
{
    private TaskCompletionSource? _source;

    public Task Task => (_source ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Takes the waiters' source, or null if there are no waiters. Later waiters wait for the next completion.</summary>
    public TaskCompletionSource? Take()
    {
        var source = _source;
        _source = null;
        return source;
    }
}
