namespace UpgradeProtocols;

/// <summary>The time that the application's own code has to answer a request, by the clock of all connections.</summary>
internal sealed class AnswerDeadline : ClockClient
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _at;

    private AnswerDeadline(long at) => _at = at;

    /// <summary>Waits for an answer, and tells whether it came in time. Never throws.</summary>
    public static async ValueTask<bool> IsMetAsync(Task answer, ConnectionClock clock, TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            await Task.WhenAny(answer);
            return true;
        }

        var deadline = new AnswerDeadline(clock.Now + (long)timeout.TotalMilliseconds);
        clock.Add(deadline);
        try
        {
            return await Task.WhenAny(answer, deadline._over.Task) == answer;
        }
        finally
        {
            clock.Remove(deadline);
        }
    }

    public override void Tick(long now)
    {
        if (now >= _at)
        {
            _over.TrySetResult();
        }
    }
}
