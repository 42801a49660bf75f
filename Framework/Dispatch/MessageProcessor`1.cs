using System.Diagnostics;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// The serial queue of a connection's messages in one format: reads envelopes, calls the generated dispatcher, writes replies.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="dispatcher">The generated dispatcher.</param>
/// <param name="handler">The handler.</param>
/// <param name="batch">The batch that collects the replies, for the messages of a batch.</param>
internal sealed partial class MessageProcessor<TFormat>(
    UpgradeConnection connection, MessageDispatcher<TFormat> dispatcher, object handler, MessageBatch? batch = null)
    : MessageProcessor(connection, handler)
    where TFormat : struct, IMessageFormat
{
    public override MessageDispatcher Dispatcher => dispatcher;

    private static bool HasEnvelope => typeof(TFormat) != typeof(RawMessageFormat);

    public override void EndConversations(CloseInfo close)
    {
        CancelStreams();
        EndRequests(close);
    }

    /// <summary>In a batch one message is handled after the other, including those that may run concurrently otherwise.</summary>
    public override ValueTask Detach(ValueTask task, ReadOnlySpan<byte> name) => Batch is null ? base.Detach(task, name) : task;

    protected override ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (Connection.IsGivenUp || Connection.EndIfExpired())
        {
            return default;
        }

        if (HasEnvelope && kind != dispatcher.Format.Kind)
        {
            return RefuseKind(kind);
        }

        return TFormat.HasBatches && Batch is null && JsonBatch.IsBatch(message) ? DispatchBatch(message, kind) : DispatchOne(message, kind);
    }

    protected override bool TryBypass(ReadOnlySpan<byte> message)
    {
        if (!HasEnvelope || (_requests is null && _streams is null))
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

        // The stream to cancel may still wait for its turn: then its cancellation waits too.
        if (envelope.Kind == EnvelopeKind.Complete && !(_streams?.ContainsKey(MessageStream.KeyOf(envelope.Id)) ?? false))
        {
            return false;
        }

        Conclude(envelope);
        return true;
    }

    private ValueTask DispatchOne(ReadOnlySpan<byte> message, MessageKind kind)
    {
        var envelope = default(MessageEnvelope);
        if (!dispatcher.Format.TryRead(message, ref envelope))
        {
            return AnswerUnreadable(envelope);
        }

        if (envelope.Kind != EnvelopeKind.Call)
        {
            Conclude(envelope);
            return default;
        }

        // The name is recorded before the call where another message's name may be recorded, and otherwise only if the call doesn't end at
        // once.
        var isNoted = IsBusy || Batch is not null;
        if (isNoted)
        {
            Remember(envelope.Name);
        }

        var flow = ExecutionContext.Capture();
        var context = SynchronizationContext.Current;
        try
        {
            var task = _isFiltered ? Filter(message, envelope, kind) : Call(message, envelope, kind, filters: null);
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

    private ValueTask Call(ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, MessageContext? filters)
    {
        var observation = MessageObservation.Start(Connection, envelope, HasEnvelope);
        if (observation.IsEmpty)
        {
            return Call(message, envelope, kind, filters, observation);
        }

        var current = observation.Before;
        try
        {
            return Call(message, envelope, kind, filters, observation);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    private ValueTask Call(
        ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, MessageContext? filters, in MessageObservation observation, bool isAllowed = false)
    {
        var call = new MessageCall<TFormat>(this, envelope, kind, filters, observation, isAllowed);
        ValueTask task;
        try
        {
            task = dispatcher.DispatchAsync(Handler, ref call);
            if (call.Access is { } access)
            {
                return AwaitAccess(access, message.ToArray(), kind, filters, observation);
            }

            call.End(failure: null);
        }
        catch (Exception e)
        {
            if (call.IsEmpty)
            {
                call.End(e);
                task = filters is null ? Fail(call.Id, e) : ValueTask.FromException(e);
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

    // A reply or an error ends a request of this side; a peer's "complete" ends a stream that it requested. Only this side sends stream
    // items: an item from the peer answers nothing.
    private void Conclude(in MessageEnvelope envelope)
    {
        switch (envelope.Kind)
        {
            case EnvelopeKind.Complete:
                CancelStream(envelope);
                break;
            case EnvelopeKind.Reply or EnvelopeKind.Error:
                EndRequest(envelope);
                break;
            default:
                LogUnexpected(envelope);
                break;
        }
    }
}
