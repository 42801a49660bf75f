using System.Text;

namespace UpgradeProtocols;

/// <summary>Writes a request to the peer; returns whether it is text or binary.</summary>
/// <param name="output">Receives the message.</param>
/// <param name="id">The request's id in the format.</param>
/// <param name="request">The request.</param>
internal delegate MessageKind RequestWriter<in T>(MessageWriter output, ReadOnlySpan<byte> id, T request);

/// <summary>The requests of this side, and the peer's replies to them. Created with the first request.</summary>
/// <typeparam name="TFormat">The message format.</typeparam>
/// <param name="queue">The queue of the received messages.</param>
internal sealed class OutgoingRequests<TFormat>(MessageQueue queue)
    where TFormat : struct, IMessageFormat
{
    private readonly PendingRequests _pending = new();

    private Conversation Conversation => queue.Conversation;

    /// <summary>Whether no reply is awaited.</summary>
    public bool IsEmpty => _pending.IsEmpty;

    /// <summary>Sends a request and awaits the reply.</summary>
    /// <param name="content">The content of the request.</param>
    /// <param name="write">Writes the request.</param>
    /// <param name="serializer">Reads the reply.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ConnectionClosedException">No reply can come, or the connection has ended before it came.</exception>
    /// <exception cref="PeerErrorException">The peer answered with an error.</exception>
    /// <exception cref="TimeoutException">The peer didn't answer in time.</exception>
    public async ValueTask<TReply> SendAsync<TContent, TReply>(
        TContent content, RequestWriter<TContent> write, PayloadSerializer<TReply> serializer, CancellationToken cancellationToken)
    {
        ThrowIfNoReplyCanCome(Conversation);
        var request = new PendingRequest<TReply>(serializer);
        if (!TFormat.OneRequestAtATime)
        {
            return await AskAsync(content, write, request, cancellationToken);
        }

        var turn = _pending.Turn;
        await turn.WaitAsync(cancellationToken);
        var answer = AskInTurnAsync(content, write, request, turn);
        try
        {
            return await answer.WaitAsync(cancellationToken);
        }
        finally
        {
            if (!answer.IsCompleted)
            {
                // The caller has stopped waiting: a later exception counts as observed.
                _ = answer.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Checks the deadlines at a tick of the clock.</summary>
    /// <param name="step">The milliseconds since the last tick.</param>
    public void Watch(long step)
    {
        if (!IsEmpty && Conversation.Options.RequestTimeout is var timeout && timeout != Timeout.InfiniteTimeSpan)
        {
            _pending.Watch(step, timeout);
        }
    }

    /// <summary>Completes the request that a reply or an error of the peer answers.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryEnd(in MessageEnvelope reply)
    {
        if (!TFormat.TryParseRequestId(reply.Id, out var number) || !_pending.TryRemove(number, out var request))
        {
            return false;
        }

        if (reply.Kind == EnvelopeKind.Error)
        {
            request.Fail(new PeerErrorException(reply.ErrorCode ?? "", reply.ErrorMessage ?? "The peer answered with an error.")
            {
                ErrorData = reply.Payload.ToArray(),
            });
        }
        else
        {
            request.Complete(reply.Payload);
        }

        return true;
    }

    /// <summary>Fails all requests: no reply can come any more.</summary>
    public void FailAll(CloseInfo close) => _pending.FailAll(close);

    /// <summary>Throws if the peer can't reply any more.</summary>
    public static void ThrowIfNoReplyCanCome(Conversation conversation)
    {
        if ((conversation.Close ?? conversation.PeerEnd) is { } close)
        {
            throw new ConnectionClosedException(close);
        }
    }

    /// <summary>A reply answers no open request: it came too late, or twice.</summary>
    public static void LogUnexpected(Conversation conversation, in MessageEnvelope reply) =>
        ConversationLog.UnexpectedReply(conversation.Logger, conversation.Id, LogText.Of(Encoding.UTF8.GetString(reply.Id)));

    private async Task<TReply> AskAsync<TContent, TReply>(
        TContent content, RequestWriter<TContent> write, PendingRequest<TReply> request, CancellationToken cancellationToken)
    {
        var number = _pending.Add(request);
        try
        {
            // The end of the connection is recorded before its requests fail: either this check sees it, or the end sees this request.
            ThrowIfNoReplyCanCome(Conversation);
            Send(content, write, number);
            queue.ReadOn();
            return await request.Reply.WaitAsync(cancellationToken);
        }
        finally
        {
            _pending.TryRemove(number, out _);
        }
    }

    // A caller that stops waiting doesn't end the request: the peer still works on it, and the next request waits for its end.
    private async Task<TReply> AskInTurnAsync<TContent, TReply>(
        TContent content, RequestWriter<TContent> write, PendingRequest<TReply> request, SemaphoreSlim turn)
    {
        try
        {
            return await AskAsync(content, write, request, CancellationToken.None);
        }
        finally
        {
            turn.Release();
        }
    }

    // Doesn't wait for room in the queue: the caller waits for the reply, and the timeout limits both.
    private void Send<TContent>(TContent content, RequestWriter<TContent> write, long number)
    {
        Span<byte> id = stackalloc byte[64];
        id = id[..TFormat.FormatRequestId(number, id)];
        var output = MessageWriter.Rent();
        try
        {
            var kind = write(output, id, content);
            Conversation.Outbound.Send(output.Written, kind);
        }
        finally
        {
            output.Return();
        }
    }
}
