namespace UpgradeProtocols.Runtime;

/// <content>Several messages in one frame: handled one after the other, with one message of replies.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    /// <summary>Handles a batch's messages one after the other, and sends their replies as one message.</summary>
    private ValueTask DispatchBatch(ReadOnlySpan<byte> frame, MessageKind kind)
    {
        var envelope = default(MessageEnvelope);
        return JsonBatch.TryRead(frame, Connection.Options.MaxBatchMessages, ref envelope, out var members)
            ? RunBatch(new MessageBatch(frame), members, kind)
            : AnswerUnreadable(envelope, batch: null);
    }

    private async ValueTask RunBatch(MessageBatch batch, List<Range> members, MessageKind kind)
    {
        try
        {
            for (var i = 0; i < members.Count && !Conversation.IsGivenUp; i++)
            {
                // The frame was counted as one message when it came (T2).
                if (i > 0 && Connection.Session?.Admits() == false)
                {
                    break;
                }

                try
                {
                    await DispatchMember(batch.Frame(members[i]), kind, batch);
                }
                catch (Exception e)
                {
                    // A failure of one message doesn't prevent the replies to the others.
                    batch.Failures.Add(e);
                }
            }

            if (batch.TryEnd(out var output))
            {
                await Send(output, kind);
            }
        }
        finally
        {
            batch.Release();
        }

        foreach (var failure in batch.Failures)
        {
            Conversation.FailHandler(failure);
        }
    }

    private ValueTask DispatchMember(ReadOnlySpan<byte> message, MessageKind kind, MessageBatch batch)
    {
        var envelope = default(MessageEnvelope);
        var isRead = dispatcher.Format.TryRead(message, ref envelope);
        if (isRead && envelope.Kind != EnvelopeKind.Call)
        {
            Conclude(envelope);
            return default;
        }

        // The collected replies aren't in the outbound queue yet, and have the same limit. A notification adds nothing to them.
        var limit = Connection.Options.MaxOutboundBytes;
        if (isRead && !envelope.Id.IsEmpty && batch.Length >= limit)
        {
            var problem = $"The answer to the batch has {limit} bytes, as many as it may have: send this call again.";
            Answer(envelope.Id, MessageErrorKind.LimitExceeded, problem, new AnswerPath(null, batch, null, envelope.Tag));
            return default;
        }

        return DispatchOne(message, kind, batch);
    }

    // The queue may wait for one of the replies in the batch. A batch that has only replies is complete then.
    private bool TryBypassBatch(ReadOnlySpan<byte> frame)
    {
        var envelope = default(MessageEnvelope);
        if (!JsonBatch.TryRead(frame, Connection.Options.MaxBatchMessages, ref envelope, out var members))
        {
            return false;
        }

        var hasOthers = false;
        foreach (var member in members)
        {
            envelope = default;
            if (dispatcher.Format.TryRead(frame[member], ref envelope) && envelope.Kind is EnvelopeKind.Reply or EnvelopeKind.Error)
            {
                Conclude(envelope);
            }
            else
            {
                hasOthers = true;
            }
        }

        return !hasOthers;
    }
}
