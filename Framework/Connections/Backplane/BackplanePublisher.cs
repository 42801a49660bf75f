using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// Hands messages to the backplane without ever waiting for it: while it is away they are refused at once, or kept up to a limit.
/// Away means that it says so, that a publish fails, or that it answers nothing for a while; a heartbeat that is
/// answered ends that. What was kept is published when the other nodes can hear it, one message after the other, and only then what
/// comes new: the order stays.
/// </summary>
/// <remarks>
/// An engine may complete a task at once, later, in any order, or call back in the midst of a call. So nothing of it is called under the
/// lock, and whoever is called back doesn't begin what is under way: it leaves a mark, and who is at it goes on.
/// </remarks>
internal sealed class BackplanePublisher(IBackplane backplane, BackplaneOptions options, TimeProvider time, ILogger logger)
{
    private const string NotYet = "It has not been connected yet.";

    private readonly Lock _gate = new();
    private readonly KeptMessages _kept = new(options, time);
    private readonly PublishCounts _counts = new();
    private volatile State _state;
    private bool _isConnected;
    private bool _isReplaying;
    private bool _isStopped;
    private string _problem = NotYet;
    private DateTimeOffset _since = time.GetUtcNow();

    // Rises with each outage: what was sent before one says nothing of the connection after it.
    private int _epoch;
    private long _probedAt;
    private int _isProbing;
    private long _finishedAtTick;
    private long _progressAt;

    private bool _isTelling;
    private bool _toldOpen;
    private string _toldProblem = NotYet;
    private PublishTotals _before;
    private long _replayed;

    private enum State
    {
        /// <summary>What is published is kept or refused.</summary>
        Away,

        /// <summary>It is back, and other nodes may not be: what is published is kept.</summary>
        Waiting,

        /// <summary>What was kept is published; what comes new is kept behind it.</summary>
        Replaying,

        Open,
    }

    private enum Sending
    {
        Begun,

        /// <summary>There is no way to the server.</summary>
        Failed,

        /// <summary>The engine never takes such a message.</summary>
        Impossible,
    }

    /// <summary>Is called when it is away or back: one call at a time, in order, not under a lock.</summary>
    public Action<bool>? Changed { get; init; }

    /// <summary>Is called when the server is there again, before anything is published, and not under a lock.</summary>
    public Action? Returning { get; init; }

    /// <summary>Is called after that.</summary>
    public Action? Returned { get; init; }

    /// <summary>Whether the nodes are there that shall get what was kept.</summary>
    public Func<bool>? MayReplay { get; init; }

    /// <summary>Whether what is published goes out at once.</summary>
    public bool IsOpen => _state == State.Open;

    /// <summary>Whether the server is there, as far as one knows.</summary>
    public bool IsReachable => _state != State.Away;

    /// <summary>Publishes a message, or tells that it can't be. The bytes may be reused when it returns.</summary>
    public PublishOutcome Publish(string channel, ReadOnlySpan<byte> message)
    {
        // The first attempt may be what finds out that the server is away.
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (_state != State.Open && TryKeep(channel, message) is { } outcome)
            {
                return outcome;
            }

            if (_counts.Unacknowledged + message.Length > options.MaxUnacknowledgedBytes)
            {
                break;
            }

            switch (Send(channel, Copy(message), message.Length))
            {
                case Sending.Begun:
                    return PublishOutcome.Published;
                case Sending.Impossible:
                    return Refuse();
            }
        }

        return Refuse();
    }

    /// <summary>Publishes what is of no use later and needs no order with pushes.</summary>
    public PublishOutcome PublishNow(string channel, ReadOnlySpan<byte> message) =>
        IsReachable
        && _counts.Unacknowledged + message.Length <= options.MaxUnacknowledgedBytes
        && Send(channel, Copy(message), message.Length) == Sending.Begun
            ? PublishOutcome.Published
            : Refuse();

    /// <summary>Publishes a heartbeat whatever the state: when one is answered, the backplane is back. Only one is under way at a time.</summary>
    public void Probe(string channel, ReadOnlySpan<byte> message)
    {
        // One that is never answered doesn't hold up the others: this node would count as dead.
        if (Interlocked.Exchange(ref _isProbing, 1) == 0 || time.GetElapsedTime(Volatile.Read(ref _probedAt)) > options.PublishTimeout)
        {
            Volatile.Write(ref _probedAt, time.GetTimestamp());
            Send(channel, Copy(message), message.Length, isProbe: true);
        }
    }

    /// <summary>The last message. It ends within the time that is left, whatever the engine does.</summary>
    public async Task PublishLastAsync(string channel, ReadOnlyMemory<byte> message, TimeSpan limit)
    {
        var isReachable = IsReachable;
        lock (_gate)
        {
            _isStopped = true;
            _counts.Lose(_kept.LetGo(all: true));
        }

        if (!isReachable)
        {
            return;
        }

        try
        {
            await backplane.PublishAsync(channel, message).AsTask().WaitAsync(limit, time);
        }
        catch (Exception e)
        {
            // Whatever an implementation throws, the node stops; the others find out by its silence.
            BackplaneLog.GoodbyeFailed(logger, e);
        }
    }

    /// <summary>The engine is connected. Tells whether it was away until now.</summary>
    public bool Connected()
    {
        lock (_gate)
        {
            _isConnected = true;
        }

        return Return();
    }

    public void Disconnected(string reason)
    {
        lock (_gate)
        {
            _isConnected = false;
            _kept.Acquit();
            Shut(reason);
        }

        Tell();
    }

    /// <summary>Goes on with what waits for other nodes, if they are there.</summary>
    public void Advance()
    {
        lock (_gate)
        {
            if (_state != State.Waiting || (options.BufferBytes > 0 && MayReplay?.Invoke() == false))
            {
                return;
            }

            _state = State.Replaying;
        }

        Replay();
    }

    /// <summary>Sees whether the server still answers, and lets go of what was kept for too long.</summary>
    public void Tick(long now)
    {
        lock (_gate)
        {
            var finished = _counts.Finished;
            if (_counts.Started == finished || finished != _finishedAtTick)
            {
                _finishedAtTick = finished;
                _progressAt = now;
            }
            else if (IsReachable && now - _progressAt >= options.PublishTimeout.TotalMilliseconds)
            {
                Shut("The server doesn't answer.");
            }

            if (_state == State.Away)
            {
                _counts.Lose(_kept.LetGo());
            }
        }

        Tell();
        Advance();
    }

    public void Fill(ref BackplaneStatus status)
    {
        lock (_gate)
        {
            status = _counts.Fill(status) with
            {
                IsConnected = IsOpen,
                Problem = _state switch
                {
                    State.Open => null,
                    State.Away => _problem,
                    _ => "It is back; what was kept waits for the other nodes.",
                },
                Since = _since,
                BufferedBytes = _kept.Bytes,
            };
        }
    }

    private static byte[] Copy(ReadOnlySpan<byte> message)
    {
        var buffer = BufferPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        return buffer;
    }

    private PublishOutcome Refuse()
    {
        _counts.Refuse();
        return PublishOutcome.Refused;
    }

    // Null when it has been opened meanwhile.
    private PublishOutcome? TryKeep(string channel, ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            return _state == State.Open ? null
                : !_isStopped && _kept.TryAdd(channel, message) ? PublishOutcome.Buffered
                : Refuse();
        }
    }

    private Sending Send(string channel, byte[] buffer, int length, bool isProbe = false)
    {
        var epoch = Volatile.Read(ref _epoch);
        ValueTask task;
        _counts.Start(length);
        try
        {
            task = backplane.PublishAsync(channel, buffer.AsMemory(0, length));
        }
        catch (Exception e)
        {
            // The call threw, so the message didn't leave. A task that fails doesn't say that, however early it fails.
            Finished(length, isProbe);
            return Failed(e, epoch) ? Sending.Impossible : Sending.Failed;
        }

        if (task.IsCompletedSuccessfully)
        {
            task.GetAwaiter().GetResult();
            Taken(buffer, length, isProbe);
        }
        else
        {
            _ = AwaitAsync(task, buffer, length, epoch, isProbe);
        }

        return Sending.Begun;
    }

    private async Task AwaitAsync(ValueTask task, byte[] buffer, int length, int epoch, bool isProbe)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            // The buffer isn't used again: the implementation may still be at it.
            Finished(length, isProbe);
            _counts.Lose(isProbe ? 0 : 1);
            Failed(e, epoch);
            ReplayFurther();
            return;
        }

        Taken(buffer, length, isProbe);
    }

    private void Taken(byte[] buffer, int length, bool isProbe)
    {
        BufferPool<byte>.Shared.Return(buffer);
        Finished(length, isProbe);
        if (_state == State.Away)
        {
            Return();
        }

        ReplayFurther();
    }

    // There is room for more, whatever became of what took it.
    private void ReplayFurther()
    {
        if (_state == State.Replaying)
        {
            Replay();
        }
    }

    private void Finished(int length, bool isProbe)
    {
        _counts.Finish(length);
        if (isProbe)
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }

    // Tells whether the fault is the message's own.
    private bool Failed(Exception exception, int epoch)
    {
        if (exception is ArgumentException)
        {
            if (_counts.IsFirstImpossible())
            {
                BackplaneLog.NeverTaken(logger, exception.Message);
            }

            return true;
        }

        lock (_gate)
        {
            // A connection that has gone since, or is known to have gone and why, isn't to be judged by it.
            if (epoch == _epoch && _state != State.Away)
            {
                Shut(exception.Message);
            }
        }

        Tell();
        return false;
    }

    private bool Return()
    {
        lock (_gate)
        {
            if (_state != State.Away || !_isConnected)
            {
                return false;
            }

            _counts.Lose(_kept.LetGo());
            _state = State.Waiting;
        }

        Returning?.Invoke();
        Advance();
        Returned?.Invoke();
        return true;
    }

    private void Replay()
    {
        lock (_gate)
        {
            if (_isReplaying)
            {
                return;
            }

            _isReplaying = true;
        }

        while (TryTakeKept(out var message))
        {
            switch (Send(message.Channel, message.Buffer, message.Length))
            {
                case Sending.Begun:
                    _replayed++;
                    break;
                case Sending.Impossible:
                    _counts.Lose(1);
                    break;
                default:
                    PutBack(message);
                    break;
            }
        }

        Tell();
    }

    // Ends the replay when there is nothing more, when it is away again, or when the server is to answer first.
    private bool TryTakeKept([NotNullWhen(true)] out KeptMessage? message)
    {
        lock (_gate)
        {
            message = null;
            if (_state == State.Replaying)
            {
                var unacknowledged = _counts.Unacknowledged;
                if ((unacknowledged == 0 || unacknowledged + _kept.NextLength <= options.MaxUnacknowledgedBytes) && _kept.TryTake(out message))
                {
                    return true;
                }

                if (_kept.IsEmpty)
                {
                    _state = State.Open;
                    _since = time.GetUtcNow();
                }
            }

            _isReplaying = false;
            return false;
        }
    }

    // It goes first again, unless it has failed before without an outage: then it would hold up the others for ever.
    private void PutBack(KeptMessage message)
    {
        lock (_gate)
        {
            if ((_isConnected && message.HasFailed) || _isStopped)
            {
                _counts.Lose(1);
                return;
            }

            message.HasFailed |= _isConnected;
            _kept.PutBack(message);
        }
    }

    // Under the gate.
    private void Shut(string problem)
    {
        _problem = problem;
        if (_state == State.Open)
        {
            _since = time.GetUtcNow();
            _before = _counts.Totals;
            _replayed = 0;
        }

        if (_state != State.Away)
        {
            _state = State.Away;
            _epoch++;
        }
    }

    // Whoever is telling tells what has changed meanwhile too: an observer may do what changes it again.
    private void Tell()
    {
        while (true)
        {
            bool isOpen, isNews;
            string problem;
            PublishTotals before;
            lock (_gate)
            {
                isOpen = IsOpen;
                problem = _problem;
                before = _before;
                isNews = isOpen != _toldOpen;
                if (_isTelling || (!isNews && (_state != State.Away || problem == _toldProblem)))
                {
                    return;
                }

                _isTelling = true;
            }

            TellOf(isOpen, isNews, problem, before);
            lock (_gate)
            {
                _isTelling = false;
            }
        }
    }

    // One warning for an outage, whatever the reasons that follow, and one line at its end.
    private void TellOf(bool isOpen, bool isNews, string problem, PublishTotals before)
    {
        if (isOpen)
        {
            var now = _counts.Totals;
            BackplaneLog.Connected(logger, _replayed, now.Refused - before.Refused, now.Lost - before.Lost);
            _toldProblem = NotYet;
        }
        else if (_toldProblem == NotYet)
        {
            BackplaneLog.Disconnected(logger, problem);
            _toldProblem = problem;
        }
        else
        {
            BackplaneLog.StillDisconnected(logger, problem);
            _toldProblem = problem;
        }

        _toldOpen = isOpen;
        if (isNews)
        {
            Changed?.Invoke(isOpen);
        }
    }
}
