namespace UpgradeProtocols;

/// <summary>The time that the application's own code has to answer a request, by the clock of all connections.</summary>
internal sealed class AnswerDeadline : ClockClient, IDisposable
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConnectionClock _clock;
    private readonly long _at;

    public AnswerDeadline(ConnectionClock clock, TimeSpan timeout)
    {
        _clock = clock;
        _at = timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : clock.Now + (long)timeout.TotalMilliseconds;
        clock.Add(this);
    }

    /// <summary>Waits for an answer until the time is over or the client has left. Never throws.</summary>
    /// <param name="answer">The answer, which may fail.</param>
    /// <param name="client">Whether the client is still there, where somebody watches that.</param>
    public async ValueTask<AnswerOutcome> WaitAsync(Task answer, IClientWatch? client = null)
    {
        if (!answer.IsCompleted)
        {
            await (client is null ? Task.WhenAny(answer, _over.Task) : Task.WhenAny(answer, _over.Task, client.Left));
        }

        return answer.IsCompleted ? AnswerOutcome.InTime
            : client is { Left.IsCompleted: true } ? AnswerOutcome.ClientLeft
            : AnswerOutcome.TooLate;
    }

    public void Dispose() => _clock.Remove(this);

    public override void Tick(long now)
    {
        if (now >= _at)
        {
            _over.TrySetResult();
        }
    }
}

/// <summary>What became of waiting for an answer.</summary>
internal enum AnswerOutcome
{
    InTime,
    TooLate,
    ClientLeft,
}

/// <summary>Watches whether the client of a request leaves before it has been answered, until it is disposed of.</summary>
internal interface IClientWatch : IAsyncDisposable
{
    /// <summary>Ends when the client has left.</summary>
    Task Left { get; }
}
