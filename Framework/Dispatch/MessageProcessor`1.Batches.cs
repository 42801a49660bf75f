namespace UpgradeProtocols.Runtime;

/// <content>Several messages in one frame: handled one after the other, with one message of replies.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    /// <summary>The batch that collects the replies. Formats without batches skip the field.</summary>
    private MessageBatch? Batch => TFormat.HasBatches ? batch : null;

    /// <summary>Handles a batch's messages one after the other, and sends their replies as one message.</summary>
    private ValueTask DispatchBatch(ReadOnlySpan<byte> frame, MessageKind kind)
    {
        var envelope = default(MessageEnvelope);
        return JsonBatch.TryRead(frame, Connection.Options.MaxBatchMessages, ref envelope, out var members)
            ? RunBatch(new MessageBatch(frame, this), members, kind)
            : AnswerUnreadable(envelope);
    }

    /// <summary>The running message of a batch is recorded in the connection's queue.</summary>
    public override void Remember(ReadOnlySpan<byte> name)
    {
        if (Batch is { } gathered)
        {
            gathered.Lane.Remember(name);
        }
        else
        {
            base.Remember(name);
        }
    }

    private async ValueTask RunBatch(MessageBatch gathered, List<Range> members, MessageKind kind)
    {
        var lane = new MessageProcessor<TFormat>(Connection, dispatcher, Handler, gathered);
        try
        {
            for (var i = 0; i < members.Count && !Connection.IsGivenUp; i++)
            {
                // The frame was counted as one message when it came (T2).
                if (i > 0 && Connection.Session?.Admits() == false)
                {
                    break;
                }

                try
                {
                    await lane.DispatchMember(gathered.Frame(members[i]), kind, this);
                }
                catch (Exception e)
                {
                    // A failure of one message doesn't prevent the replies to the others.
                    gathered.Failures.Add(e);
                }
            }

            if (gathered.TryEnd(out var output))
            {
                await Send(output, kind);
            }
        }
        finally
        {
            gathered.Release();
        }

        foreach (var failure in gathered.Failures)
        {
            Connection.FailHandler(failure);
        }
    }

    private ValueTask DispatchMember(ReadOnlySpan<byte> message, MessageKind kind, MessageProcessor<TFormat> owner)
    {
        var envelope = default(MessageEnvelope);
        var isRead = dispatcher.Format.TryRead(message, ref envelope);
        if (isRead && envelope.Kind != EnvelopeKind.Call)
        {
            owner.Conclude(envelope);
            return default;
        }

        // The collected replies aren't in the outbound queue yet, and have the same limit. A notification adds nothing to them.
        var limit = Connection.Options.MaxOutboundBytes;
        if (isRead && !envelope.Id.IsEmpty && Batch!.Length >= limit)
        {
            Answer(
                envelope.Id, MessageErrorKind.LimitExceeded, $"The answer to the batch has {limit} bytes, as many as it may have: send this call again.", context: null);
            return default;
        }

        return DispatchOne(message, kind);
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
