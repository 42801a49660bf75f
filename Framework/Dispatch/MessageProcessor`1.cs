using System.Diagnostics;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// The serial queue of a connection's messages in one format: reads envelopes, calls the generated dispatcher, writes replies.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="dispatcher">The generated dispatcher.</param>
/// <param name="handler">The handler.</param>
internal sealed partial class MessageProcessor<TFormat>(UpgradeConnection connection, MessageDispatcher<TFormat> dispatcher, object handler)
    : MessageProcessor(connection, handler)
    where TFormat : struct, IMessageFormat
{
    public override MessageDispatcher Dispatcher => dispatcher;

    private static bool HasEnvelope => typeof(TFormat) != typeof(RawMessageFormat);

    public override void Receive(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (message.IsEmpty || TFormat.FirstMessageLength(message) is var length && length >= message.Length)
        {
            base.Receive(message, kind);
        }
        else
        {
            ReceiveSeveral(message, length, kind);
        }
    }

    public override void EndConversations(CloseInfo close)
    {
        _streams?.CancelAll();
        EndRequests(close);
    }

    /// <summary>
    /// Lets a task run concurrently with the queue. In a batch one message is handled after the other, including those that may run
    /// concurrently otherwise.
    /// </summary>
    public ValueTask Detach(ValueTask task, ReadOnlySpan<byte> name, in AnswerPath path) => path.Batch is null ? Detach(task, name) : task;

    protected override ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (Conversation.IsGivenUp || Connection.EndIfExpired())
        {
            return default;
        }

        if (HasEnvelope && kind != dispatcher.Format.Kind)
        {
            return RefuseKind(kind);
        }

        return TFormat.HasBatches && JsonBatch.IsBatch(message) ? DispatchBatch(message, kind) : DispatchOne(message, kind, batch: null);
    }

    protected override bool TryBypass(ReadOnlySpan<byte> message)
    {
        if (!HasEnvelope || (_requests is null && _streams is null && _calls is null && !MayBeCancellation(message)))
        {
            return false;
        }

        var envelope = default(MessageEnvelope);
        try
        {
            if (TFormat.HasBatches && JsonBatch.IsBatch(message))
            {
                return TryBypassBatch(message);
            }

            if (!dispatcher.Format.TryRead(message, ref envelope) || envelope.Kind == EnvelopeKind.Call)
            {
                return false;
            }
        }
        catch (Exception)
        {
            // The message waits for its turn, and fails then.
            return false;
        }

        if (envelope.Kind is EnvelopeKind.Complete or EnvelopeKind.Cancel)
        {
            return TryCancel(envelope.Id);
        }

        Conclude(envelope);
        return true;
    }

    // One frame may hold several messages. It was counted as one when it came (T2).
    private void ReceiveSeveral(ReadOnlySpan<byte> frame, int length, MessageKind kind)
    {
        base.Receive(frame[..Math.Max(length, 1)], kind);
        for (var rest = frame[Math.Max(length, 1)..]; !rest.IsEmpty && Connection.Session?.Admits() != false; rest = rest[length..])
        {
            length = Math.Clamp(TFormat.FirstMessageLength(rest), 1, rest.Length);
            base.Receive(rest[..length], kind);
        }
    }

    private ValueTask DispatchOne(ReadOnlySpan<byte> message, MessageKind kind, MessageBatch? batch)
    {
        var envelope = default(MessageEnvelope);
        if (!dispatcher.Format.TryRead(message, ref envelope))
        {
            return AnswerUnreadable(envelope, batch);
        }

        if (envelope.Kind != EnvelopeKind.Call)
        {
            Conclude(envelope);
            return default;
        }

        ActiveCall? active = null;
        if (TFormat.IdsAreUnique && !envelope.Id.IsEmpty && !Calls.TryBegin(envelope.Id, out active))
        {
            active.Dispose();
            Answer(envelope.Id, MessageErrorKind.InvalidId, "The id is in use by a call that hasn't ended.", new AnswerPath(null, batch, null, envelope.Tag));
            return default;
        }

        // The name is recorded before the call where another message's name may be recorded, and otherwise only if the call doesn't end at
        // once.
        var isNoted = IsBusy || batch is not null;
        if (isNoted)
        {
            Remember(envelope.Name);
        }

        var flow = ExecutionContext.Capture();
        var context = SynchronizationContext.Current;
        try
        {
            var task = _isFiltered
                ? Filter(message, envelope, kind, batch, active)
                : Call(message, envelope, kind, new AnswerPath(null, batch, active, envelope.Tag));
            if (!isNoted && !task.IsCompleted)
            {
                Remember(envelope.Name);
            }

            return task;
        }
        finally
        {
            // State that a method sets for its own flow (an AsyncLocal, a culture) must not reach the following messages.
            if (flow is not null && flow != ExecutionContext.Capture())
            {
                ExecutionContext.Restore(flow);
            }

            if (context != SynchronizationContext.Current)
            {
                SynchronizationContext.SetSynchronizationContext(context);
            }
        }
    }

    private ValueTask Call(ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, in AnswerPath path)
    {
        var observation = MessageObservation.Start(Connection, envelope, HasEnvelope);
        if (observation.IsEmpty)
        {
            return Call(message, envelope, kind, path, observation);
        }

        var current = observation.Before;
        try
        {
            return Call(message, envelope, kind, path, observation);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    private ValueTask Call(
        ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, in AnswerPath path, in MessageObservation observation, bool isAllowed = false)
    {
        var call = new MessageCall<TFormat>(this, envelope, kind, path, observation, isAllowed);
        ValueTask task;
        try
        {
            task = dispatcher.DispatchAsync(Handler, ref call);
            if (call.Access is { } access)
            {
                return AwaitAccess(access, message.ToArray(), kind, path, observation);
            }

            call.End(failure: null);
        }
        catch (Exception e)
        {
            if (call.IsEmpty)
            {
                call.End(e);
                task = path.Context is null ? Fail(call.Id, e, call.Path) : ValueTask.FromException(e);
            }
            else
            {
                task = AwaitDone(ValueTask.FromException(e), call.Keep());
            }
        }

        // Releases the resources that the call took and passed to no task, because its payload couldn't be read.
        return call.IsEmpty ? task : ReleaseAfter(task, call.Keep());
    }

    private static async ValueTask ReleaseAfter(ValueTask task, KeptCall call)
    {
        try
        {
            await task;
        }
        finally
        {
            await call.Resources.ReleaseAsync();
        }
    }

    // A reply or an error ends a request of this side; a peer's "complete" cancels a call or a stream that it requested. Only this side
    // sends stream items: an item from the peer answers nothing.
    private void Conclude(in MessageEnvelope envelope)
    {
        switch (envelope.Kind)
        {
            case EnvelopeKind.Complete or EnvelopeKind.Cancel:
                TryCancelRunning(envelope.Id);
                break;
            case EnvelopeKind.Reply or EnvelopeKind.Error:
                EndRequest(envelope);
                break;
            default:
                OutgoingRequests<TFormat>.LogUnexpected(Conversation, envelope);
                break;
        }
    }
}
