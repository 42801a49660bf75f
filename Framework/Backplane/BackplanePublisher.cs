using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// Publishes messages to the backplane without waiting for it. While the backplane is away, messages are refused at once, or kept up to a
/// limit. It counts as away when it reports that, when a publish fails, or when it acknowledges nothing for some time. An
/// acknowledged heartbeat ends that state. Kept messages are published when the other nodes can receive them, one after the other. New
/// messages follow only then, so that the order stays.
/// </summary>
/// <remarks>
/// An engine may complete a task at once, later, or in any order, or call back during a call. So no engine method is called under the
/// lock. A callback doesn't start an operation that is already in progress: it leaves a mark, and the thread in charge continues.
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

    // Increases with each outage: the result of a publish from before an outage says nothing about the connection after it.
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
        /// <summary>The backplane is away. New messages are kept or refused.</summary>
        Away,

        /// <summary>The backplane is back, but the other nodes may not be. New messages are kept.</summary>
        Waiting,

        /// <summary>The kept messages are being published. New messages are kept behind them.</summary>
        Replaying,

        Open,
    }

    private enum Sending
    {
        Begun,

        /// <summary>The server can't be reached.</summary>
        Failed,

        /// <summary>The engine never accepts such a message.</summary>
        Impossible,
    }

    /// <summary>Called when the backplane is away or back: one call at a time, in order, not under a lock.</summary>
    public Action<bool>? Changed { get; init; }

    /// <summary>Called when the server is back, before anything is published, and not under a lock.</summary>
    public Action? Returning { get; init; }

    /// <summary>Called after <see cref="Returning"/>.</summary>
    public Action? Returned { get; init; }

    /// <summary>Whether the nodes are there that must get the kept messages.</summary>
    public Func<bool>? MayReplay { get; init; }

    /// <summary>Whether messages are published at once.</summary>
    public bool IsOpen => _state == State.Open;

    /// <summary>Whether the server is reachable, as far as is known.</summary>
    public bool IsReachable => _state != State.Away;

    /// <summary>Publishes a message, or returns that it can't. The bytes may be reused when it returns.</summary>
    public PublishOutcome Publish(string channel, ReadOnlySpan<byte> message)
    {
        // The first attempt may be the one that detects that the server is away.
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

    /// <summary>Publishes a message that is useless later and needs no order relative to pushes.</summary>
    public PublishOutcome PublishNow(string channel, ReadOnlySpan<byte> message) =>
        IsReachable
        && _counts.Unacknowledged + message.Length <= options.MaxUnacknowledgedBytes
        && Send(channel, Copy(message), message.Length) == Sending.Begun
            ? PublishOutcome.Published
            : Refuse();

    /// <summary>
    /// Publishes a heartbeat in any state. An acknowledged one means that the backplane is back. Only one is in progress at a time.
    /// </summary>
    public void Probe(string channel, ReadOnlySpan<byte> message)
    {
        // A heartbeat that is never acknowledged must not block the others: this node would count as dead.
        if (Interlocked.Exchange(ref _isProbing, 1) == 0 || time.GetElapsedTime(Volatile.Read(ref _probedAt)) > options.PublishTimeout)
        {
            Volatile.Write(ref _probedAt, time.GetTimestamp());
            Send(channel, Copy(message), message.Length, isProbe: true);
        }
    }

    /// <summary>Publishes the last message. It ends within the remaining time, even if the engine doesn't respond.</summary>
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
            using var patience = new CancellationTokenSource(limit, time);
            await backplane.PublishAsync(channel, message, patience.Token).AsTask().WaitAsync(limit, time);
        }
        catch (Exception e)
        {
            // The node stops after any exception of an implementation. The other nodes notice its silence.
            BackplaneLog.GoodbyeFailed(logger, e);
        }
    }

    /// <summary>The engine is connected. Returns whether it was away until now.</summary>
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

    /// <summary>Publishes the messages that wait for other nodes, if those nodes are there.</summary>
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

    /// <summary>Checks whether the server still acknowledges, and drops messages that were kept for too long.</summary>
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
                    _ => "It is back; buffered messages wait for the other nodes.",
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

    // Null when the backplane has opened meanwhile.
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
            // The call threw, so the message hasn't been sent. A failed task doesn't say that, however early it fails.
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
            // The buffer isn't reused: the implementation may still read it.
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

    // There is room again, after a success and after a failure of the publish.
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

    // Returns whether the message itself caused the failure.
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
            // The failure says nothing about a newer connection. It adds nothing to an outage whose reason is already known.
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

    // Ends the replay when no message is left, when the backplane is away again, or when acknowledgments must come first.
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

    // The message goes first again, unless it has failed before without an outage: then it would block the others forever.
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

    // The thread that notifies also reports changes that happen meanwhile: an observer may cause further changes.
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

    // Logs one warning for an outage, even if further reasons follow, and one line at its end.
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
