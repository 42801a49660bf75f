namespace UpgradeProtocols;

/// <summary>
/// What somebody may wait for: made when the first does. It is used under its owner's lock, and completed outside of it; who waits goes
/// on elsewhere.
/// </summary>
internal struct Signal
{
    private TaskCompletionSource? _source;

    public Task Task => (_source ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Gives who waits, if anybody does: who waits from here on waits for the next time.</summary>
    public TaskCompletionSource? Take()
    {
        var source = _source;
        _source = null;
        return source;
    }
}
