using System.Buffers;
using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>A WebSocket's conversation (RFC 6455 §5 to 7): incoming frames, messages to the queue, and the closing handshake.</summary>
internal sealed class WebSocketSession(Conversation conversation, MessageQueue queue, SessionHost host) : ConversationSession(conversation, host)
{
    private IDuplexPipe? _pipe;
    private Outbound? _outbound;
    private MessageDeflater? _deflater;
    private volatile Phase _phase;
    private volatile bool _isPaused;
    private long _deadline;
    private long _lastHeard;
    private long _pingedAt;
    private KeepAlive _keepAlive;

    private enum Phase
    {
        Open,

        /// <summary>This side has sent its Close; it waits for the peer's.</summary>
        Closing,

        /// <summary>The peer broke the protocol; its frames aren't read any more.</summary>
        Discarding,

        /// <summary>Nothing more is read; the remaining output is sent.</summary>
        Draining,

        Ended,
    }

    private enum KeepAlive : byte
    {
        Quiet,
        Pinged,

        /// <summary>The peer's time is over. Its last bytes may not have been read yet.</summary>
        Overdue,
    }

    private enum Step
    {
        GoOn,

        /// <summary>The serial queue or the outbound queue is full for now.</summary>
        Full,

        /// <summary>The peer's Close has arrived.</summary>
        Closed,
    }

    public override MessageQueue Queue => queue;

    private bool IsFull => queue.IsFull || _outbound!.IsBackedUp;

    public override void BeginClose(CloseInfo close, bool isFailure)
    {
        // Before the Close is sent: the peer's answer may arrive before this returns. A reader that has ended meanwhile is in a later
        // phase.
        var discardTime = isFailure && Host.TryLinger() ? DiscardTime.Longest : 0;
        SetDeadline(isFailure ? discardTime : (long)Conversation.Options.CloseTimeout.TotalMilliseconds);
        Interlocked.CompareExchange(ref _phase, isFailure ? Phase.Discarding : Phase.Closing, Phase.Open);
        _outbound!.Close((ushort)close.Code, close.Reason, discardQueue: isFailure);
        if (isFailure && Host.HalfCloses)
        {
            _ = HalfCloseAsync();
        }
    }

    public override void Abort()
    {
        _phase = Phase.Ended;
        _outbound?.Break();
        base.Abort();
        _pipe?.Input.CancelPendingRead();
    }

    protected override void Watch(long now)
    {
        if (AbortIfBlocked(_outbound!.FlushUnderWay, _outbound.FlushSize, now))
        {
            return;
        }

        if (IsUnread)
        {
            // The peer's answer may be unread.
            Interlocked.Add(ref _deadline, Clock.Step);
            Volatile.Write(ref _lastHeard, now);
        }

        if ((_isPaused || IsHandling) && Host.HasPeerLeft)
        {
            // The peer's end is read after its earlier messages. Meanwhile the connection can't be found.
            Host.Leave();
        }

        switch (_phase)
        {
            case Phase.Open:
                WatchPeer(now);
                break;
            case Phase.Discarding when now >= Volatile.Read(ref _deadline) || now - Volatile.Read(ref _lastHeard) >= DiscardTime.Silence:
                Drain();
                _pipe!.Input.CancelPendingRead();
                break;
            case Phase.Closing or Phase.Draining when now >= Volatile.Read(ref _deadline):
                Abort();
                break;
        }
    }

    public override void Prepare(IDuplexPipe pipe)
    {
        _pipe = pipe;
        _lastHeard = Clock.Now;
        var owner = Conversation.Owner;
        _deflater = owner.Compression is { } agreement ? new MessageDeflater(agreement, owner.Deflate, role: owner.Role) : null;
        _outbound = new Outbound(
            pipe.Output,
            _deflater is null ? WebSocketFraming.Of(owner.Role) : new DeflatingFraming(_deflater, owner.Role),
            owner.Options.MaxOutboundBytes,
            owner.SlowConsumer,
            Conversation);
        Conversation.Open(this, _outbound);
    }

    public override async Task ConverseAsync()
    {
        try
        {
            IsHandling = true;
            queue.Start(Host.StartAsync);
            using var reader = CreateReader(Conversation.Owner);
            var step = Step.GoOn;
            while (_phase < Phase.Draining && step != Step.Closed)
            {
                ReadResult result;
                try
                {
                    if (!_pipe!.Input.TryRead(out result))
                    {
                        IsHandling = false;
                        result = await _pipe.Input.ReadAsync();
                    }
                }
                catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
                {
                    break;
                }

                step = Take(reader, _pipe.Input, result.Buffer);
                if (step == Step.Full)
                {
                    _isPaused = true;
                    IsHandling = false;
                    await Task.WhenAll(queue.WhenRoomAsync(), _outbound!.WhenRoomAsync());
                    _isPaused = false;
                }
                else if (result.IsCompleted)
                {
                    break;
                }
            }

            // Lost: there was no Close from the peer. After a failure of this side that is expected.
            if (step != Step.Closed && Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport)))
            {
                _outbound!.Break();
            }

            await FinishAsync(_pipe!.Output);
        }
        catch (Exception e)
        {
            Faulted(e);
        }

        await EndAsync();
    }

    private static WebSocketReader CreateReader(IConversationOwner owner)
    {
        var inflater = owner.Compression is { } agreement ? new MessageInflater(agreement, role: owner.Role) : null;
        return new WebSocketReader(owner.MaxMessageSize, inflater, role: owner.Role);
    }

    private Step Take(WebSocketReader reader, PipeReader input, ReadOnlySequence<byte> buffer)
    {
        IsHandling = true;
        Volatile.Write(ref _lastHeard, Clock.Now);
        var step = Handle(reader, ref buffer);

        // The queue may have become empty since: the frames that it didn't accept are still in the buffer, and not examined.
        input.AdvanceTo(buffer.Start, step == Step.Full ? buffer.Start : buffer.End);
        return step;
    }

    // W8. A FIN signals to the peer that nothing follows the Close. So the peer doesn't have to wait until the discarding ends.
    private async Task HalfCloseAsync()
    {
        try
        {
            await _outbound!.WhenDrainedAsync();
            await _pipe!.Output.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The transport has ended: the reader notices that.
        }
        catch (Exception e)
        {
            Faulted(e);
        }
    }

    private async Task FinishAsync(PipeWriter output)
    {
        IsHandling = false;
        Drain();
        Host.Leave();
        queue.EndConversations(Conversation.Close!.Value);
        await _outbound!.WhenDrainedAsync();
        await output.CompleteAsync();
        Release();
        _phase = Phase.Ended;
        await queue.WhenIdleAsync();
    }

    // Nothing is compressed from here on: all messages have been sent, or the outbound queue is broken.
    protected override void Release() => _deflater?.Dispose();

    /// <summary>Handles the frames of one read, as far as the queue accepts them.</summary>
    private Step Handle(WebSocketReader reader, ref ReadOnlySequence<byte> buffer)
    {
        using var batch = FlushBatch.Begin();
        while (_phase <= Phase.Closing && reader.TryRead(ref buffer, out var frame))
        {
            switch (frame.Kind)
            {
                case WebSocketEventKind.Message when _phase == Phase.Open:
                    if (Host.Admits(frame.Payload.Length))
                    {
                        queue.Receive(frame.Payload.Span, frame.MessageKind);
                    }

                    if (IsFull)
                    {
                        return Step.Full;
                    }

                    break;
                case WebSocketEventKind.Ping:
                    _outbound!.SendPong(frame.Payload);
                    break;
                case WebSocketEventKind.Close:
                    OnPeerClose(frame);
                    return Step.Closed;
                case WebSocketEventKind.Failure:
                    Conversation.Fail(frame.Code, frame.Reason);
                    break;
            }
        }

        if (_phase > Phase.Closing)
        {
            reader.Discard(ref buffer);
        }

        return reader.HasClose ? Step.Closed : Step.GoOn;
    }

    private void OnPeerClose(in WebSocketEvent frame)
    {
        if (Conversation.TryClose(new CloseInfo(frame.Code, frame.Reason, CloseInitiator.Peer)))
        {
            _outbound!.Close(frame.Code, "", discardQueue: false);
        }
    }

    // W11. While nothing is read, because of backpressure or because of a handler (Watch), the peer's silence says nothing.
    private void WatchPeer(long now)
    {
        if (Conversation.Options.KeepAliveInterval == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        var interval = (long)Conversation.Options.KeepAliveInterval.TotalMilliseconds;
        if (_isPaused)
        {
            Volatile.Write(ref _lastHeard, now);
        }
        else if (Clock.Pause >= interval)
        {
            // After a sleep of the machine the connection may be lost: a Ping is sent now, independent of earlier ones.
            Volatile.Write(ref _lastHeard, Math.Min(Volatile.Read(ref _lastHeard), now - interval));
            _keepAlive = KeepAlive.Quiet;
        }

        if (now - Volatile.Read(ref _lastHeard) < interval)
        {
            _keepAlive = KeepAlive.Quiet;
        }
        else if (_keepAlive == KeepAlive.Quiet)
        {
            _keepAlive = KeepAlive.Pinged;
            _pingedAt = now;
            _outbound!.SendPing();
        }
        else if (now - _pingedAt < Conversation.Options.KeepAliveTimeout.TotalMilliseconds)
        {
            _keepAlive = KeepAlive.Pinged;
        }
        else if (_keepAlive == KeepAlive.Pinged)
        {
            _keepAlive = KeepAlive.Overdue;
        }
        else
        {
            ConversationLog.Silent(Conversation.Logger, Conversation.Id);
            Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "The peer sent no data and no pong within KeepAliveTimeout.", CloseInitiator.Transport));
            Abort();
        }
    }

    // The remaining output gets the whole close timeout again, independent of earlier waits.
    private void Drain()
    {
        Phase from;
        do
        {
            from = _phase;
            if (from >= Phase.Draining)
            {
                return;
            }

            SetDeadline((long)Conversation.Options.CloseTimeout.TotalMilliseconds);
        }
        while (Interlocked.CompareExchange(ref _phase, Phase.Draining, from) != from);
    }

    private void SetDeadline(long milliseconds) => Volatile.Write(ref _deadline, Clock.Now + milliseconds);
}
