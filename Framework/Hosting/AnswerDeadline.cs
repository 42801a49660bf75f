namespace UpgradeProtocols;

/// <summary>The deadline for the application's code to answer a request, driven by the shared connection clock.</summary>
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

    /// <summary>Waits for an answer until the deadline passes or the client has disconnected. Never throws.</summary>
    /// <param name="answer">The answer, which may fail.</param>
    /// <param name="client">Watches for the client's disconnect; null if the disconnect isn't watched.</param>
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

/// <summary>The outcome of waiting for an answer.</summary>
internal enum AnswerOutcome
{
    InTime,
    TooLate,
    ClientLeft,
}

/// <summary>Watches whether a request's client disconnects before the response, until the watch is disposed.</summary>
internal interface IClientWatch : IAsyncDisposable
{
    /// <summary>Completes when the client has disconnected.</summary>
    Task Left { get; }
}
