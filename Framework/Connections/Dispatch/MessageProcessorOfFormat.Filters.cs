namespace UpgradeProtocols.Runtime;

/// <content>Messages that go through filters before they are called.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private readonly bool _isFiltered = connection.Hub.Filters.Messages.Count > 0;
    private NextMessageFilter? _filtered;

    private ValueTask Filter(ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind)
    {
        var context = new MessageContext(this, message, envelope, kind);
        var handling = RunFiltersAsync(context);
        if (handling.IsCompletedSuccessfully)
        {
            return default;
        }

        return context.HasLeftLane
            ? Detach(handling, envelope.Name)
            : UntilLaneIsFreeAsync(handling.AsTask(), context, envelope.Name.ToArray());
    }

    private async ValueTask RunFiltersAsync(MessageContext context)
    {
        try
        {
            if (_filtered is null)
            {
                Filters = Connection.Hub.Filters.MessageFiltersOf(Connection)!;
                _filtered = FilterSet.Chain(Filters, CallFiltered);
            }

            await _filtered(context);
            if (context.Kept is { } unended && HasEnvelope && context.TryAnswer())
            {
                // The stream has failed, and the filter keeps that to itself: to the peer it ends all the same.
                await SendComplete(unended, context.Tag);
            }
        }
        catch (Exception e)
        {
            await Fail(context.Id.Span, e, context.Kept, context);
        }
        finally
        {
            context.Release();
        }
    }

    private ValueTask CallFiltered(MessageContext context)
    {
        context.Dispatching();
        if (Connection.IsGivenUp)
        {
            // The filter has waited for something meanwhile: the method isn't begun any more.
            throw new OperationCanceledException(Connection.Closed);
        }

        var envelope = default(MessageEnvelope);
        return dispatcher.Format.TryRead(context.Message, ref envelope)
            ? Call(context.Message, envelope, context.Kind, context)
            : throw new InvalidOperationException($"{typeof(TFormat)} doesn't read a message again that it has read before.");
    }

    // A concurrent method or a stream lets the next message go on before it has ended; the filters around it don't know.
    private async ValueTask UntilLaneIsFreeAsync(Task handling, MessageContext context, byte[] name)
    {
        if (await Task.WhenAny(handling, context.LeftLane) == handling)
        {
            await handling;
        }
        else
        {
            await Detach(new ValueTask(handling), name);
        }
    }
}
