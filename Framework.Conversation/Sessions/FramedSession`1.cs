using System.Buffers;
using System.IO.Pipelines;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>
/// A raw protocol whose bytes are framed into messages. The peer's FIN ends only its direction (N8): the handler's remaining
/// messages still reach the peer, then the connection ends.
/// </summary>
internal sealed class FramedSession<TFraming>(Conversation conversation, MessageQueue queue, SessionHost host, TFraming framing)
    : ConversationSession(conversation, host)
    where TFraming : struct, IMessageFraming
{
    private IDuplexPipe? _pipe;
    private Outbound? _outbound;
    private volatile bool _isEnding;
    private volatile bool _hasFailed;
    private long _deadline = long.MaxValue;
    private long _examined;

    public override MessageQueue Queue => queue;

    private bool IsFull => queue.IsFull || _outbound!.IsBackedUp;

    public override void BeginClose(CloseInfo close, bool isFailure)
    {
        _hasFailed = isFailure;
        _isEnding = true;
        Volatile.Write(ref _deadline, Clock.Now + (long)Conversation.Options.CloseTimeout.TotalMilliseconds);
        _pipe!.Input.CancelPendingRead();
    }

    public override void Abort()
    {
        _isEnding = true;
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

        if (IsUnread && Volatile.Read(ref _deadline) != long.MaxValue)
        {
            Interlocked.Add(ref _deadline, Clock.Step);
        }

        if (now >= Volatile.Read(ref _deadline))
        {
            Volatile.Write(ref _deadline, long.MaxValue);
            Abort();
        }
    }

    public override void Prepare(IDuplexPipe pipe)
    {
        _pipe = pipe;
        _outbound = new Outbound(
            pipe.Output, new RawFraming<TFraming>(framing), Conversation.Options.MaxOutboundBytes, Conversation.Owner.SlowConsumer, Conversation);
        Conversation.Open(this, _outbound);
    }

    public override async Task ConverseAsync()
    {
        try
        {
            IsHandling = true;
            queue.Start(Host.StartAsync);
            var end = await ReadAsync(_pipe!.Input);
            IsHandling = false;

            // A handler that awaits the peer's reply would delay the end.
            Conversation.PeerEnd = end;
            queue.EndRequests(Conversation.Close ?? end);

            if (end.Initiator != CloseInitiator.Transport)
            {
                // Also after a truncated message: the messages before it get their replies.
                await queue.WhenIdleAsync();
            }

            if (Conversation.TryClose(end) && end.Initiator == CloseInitiator.Transport)
            {
                _outbound!.Break();
            }

            Host.Leave();
            queue.EndConversations(Conversation.Close!.Value);
            await _outbound!.WhenDrainedAsync();
            if (end.Initiator == CloseInitiator.Local)
            {
                await Host.LingerAsync(_pipe, isWhole: !_hasFailed);
            }
            else
            {
                await _pipe.Output.CompleteAsync();
            }

            await queue.WhenIdleAsync();
        }
        catch (Exception e)
        {
            Faulted(e);
        }

        await EndAsync();
    }

    private async Task<CloseInfo> ReadAsync(PipeReader input)
    {
        while (!_isEnding)
        {
            ReadResult result;
            try
            {
                if (!input.TryRead(out result))
                {
                    IsHandling = false;
                    result = await input.ReadAsync();
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
            {
                return new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport);
            }

            IsHandling = true;
            var buffer = result.Buffer;
            var isFull = Handle(ref buffer);
            if (_isEnding)
            {
                // Its messages aren't handled any more. Unconsumed bytes would look like bytes that the peer still sends.
                input.AdvanceTo(buffer.End);
                break;
            }

            // The queue may have become empty since: the messages that it didn't accept are still in the buffer, and not examined.
            input.AdvanceTo(buffer.Start, isFull ? buffer.Start : buffer.End);
            if (isFull)
            {
                IsHandling = false;
                await Task.WhenAll(queue.WhenRoomAsync(), _outbound!.WhenRoomAsync());
            }
            else if (result.IsCompleted)
            {
                return buffer.IsEmpty
                    ? new CloseInfo(WebSocketCloseCode.NormalClosure, "", CloseInitiator.Peer)
                    : new CloseInfo(WebSocketCloseCode.AbnormalClosure, "The peer closed the connection within a message.", CloseInitiator.Peer);
            }
        }

        return new CloseInfo(WebSocketCloseCode.NormalClosure, "", CloseInitiator.Local);
    }

    /// <summary>Handles the messages of one read; returns whether the serial queue or the outbound queue is full for now.</summary>
    private bool Handle(ref ReadOnlySequence<byte> buffer)
    {
        using var batch = FlushBatch.Begin();
        while (!_isEnding)
        {
            if (IsFull)
            {
                return true;
            }

            var max = Conversation.Owner.MaxMessageSize;
            switch (framing.TryRead(buffer, max, ref _examined, out var message, out var consumed))
            {
                case FramingResult.NeedMore:
                    return false;
                case FramingResult.Message:
                    Receive(message);
                    buffer = buffer.Slice(consumed);
                    break;
                case FramingResult.TooLarge:
                    Conversation.Fail(WebSocketCloseCode.MessageTooBig, $"A message can have at most {max} bytes.");
                    return false;
                default:
                    Conversation.Fail(WebSocketCloseCode.ProtocolError, "The bytes don't follow the framing of the protocol.");
                    return false;
            }
        }

        return false;
    }

    private void Receive(in ReadOnlySequence<byte> message)
    {
        if (message.IsSingleSegment)
        {
            Receive(message.FirstSpan);
            return;
        }

        var length = (int)message.Length;
        var buffer = BufferPool<byte>.Shared.Rent(length);
        message.CopyTo(buffer);
        try
        {
            Receive(buffer.AsSpan(0, length));
        }
        finally
        {
            BufferPool<byte>.Shared.Return(buffer);
        }
    }

    private void Receive(ReadOnlySpan<byte> message)
    {
        if (!Host.Admits(message.Length))
        {
            return;
        }

        if (framing.Kind == MessageKind.Text && !Utf8.IsValid(message))
        {
            Conversation.Fail(WebSocketCloseCode.InvalidPayload, "The text is not valid UTF-8.");
            return;
        }

        queue.Receive(message, framing.Kind);
    }
}
