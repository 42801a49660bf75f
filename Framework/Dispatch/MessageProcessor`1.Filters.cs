namespace UpgradeProtocols.Runtime;

/// <content>Messages that pass through filters before the call.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private readonly bool _isFiltered = connection.Hub.Filters.HandlesMessages;
    private MessageFilterDelegate? _filtered;

    private ValueTask Filter(ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, MessageBatch? batch, ActiveCall? active)
    {
        var context = new MessageContext(this, message, envelope, kind, batch, active ?? (envelope.Id.IsEmpty ? null : BeginCall(envelope.Id)));
        var handling = RunFiltersAsync(context);
        if (handling.IsCompletedSuccessfully)
        {
            return default;
        }

        return context.HasLeftQueue
            ? Detach(handling, envelope.Name, context.Path)
            : UntilQueueIsFreeAsync(handling.AsTask(), context, envelope.Name.ToArray());
    }

    private async ValueTask RunFiltersAsync(MessageContext context)
    {
        try
        {
            if (_filtered is null)
            {
                Validators = Connection.Hub.Filters.ValidatorsOf(Connection);
                _filtered = Connection.Hub.Filters.MessagesOf(Connection, CallFiltered);
            }

            await _filtered(context);
            if (context.Kept is { } unended && HasEnvelope && context.TryAnswer())
            {
                // The stream has failed, and the filter doesn't pass the failure on: the peer still gets the end of the stream.
                await SendComplete(unended, context.Tag);
            }
        }
        catch (Exception e)
        {
            await Fail(context.IdBytes.Span, e, context.Path, context.Kept);
        }
        finally
        {
            context.Release();
        }
    }

    private ValueTask CallFiltered(MessageContext context)
    {
        context.Dispatching();
        if (context.Path.IsCancelled)
        {
            throw new OperationCanceledException(CancelledText);
        }

        if (Conversation.IsGivenUp)
        {
            // The connection was given up while the filter waited: the method doesn't start any more.
            throw new OperationCanceledException(Conversation.Closed);
        }

        var envelope = default(MessageEnvelope);
        return dispatcher.Format.TryRead(context.Message, ref envelope)
            ? Call(context.Message, envelope, context.Kind, context.Path)
            : throw new InvalidOperationException($"{typeof(TFormat)} can't read a message a second time.");
    }

    // A concurrent method or a stream lets the next message start before it has ended; the filters around it don't notice.
    private async ValueTask UntilQueueIsFreeAsync(Task handling, MessageContext context, byte[] name)
    {
        if (await Task.WhenAny(handling, context.LeftQueue) == handling)
        {
            await handling;
        }
        else
        {
            await Detach(new ValueTask(handling), name, context.Path);
        }
    }
}
