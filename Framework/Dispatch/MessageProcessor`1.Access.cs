namespace UpgradeProtocols.Runtime;

/// <content>Messages that require authorization.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    /// <summary>The user may not send the message.</summary>
    public void Forbid(in MessageEnvelope envelope, MessageContext? context)
    {
        var name = Describe(envelope);
        ConnectionLog.Forbidden(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.Forbidden, Message = $"You may not send {name}." };
        if (!TryAnswer(envelope.Id, failure, context))
        {
            Connection.Fail(WebSocketCloseCode.PolicyViolation, "The user is not authorized to send this message.");
        }
    }

    private async ValueTask AwaitAccess(Task<bool> access, byte[] message, MessageKind kind, MessageContext? filters, MessageObservation observation)
    {
        bool isAllowed;
        try
        {
            isAllowed = await access;
        }
        catch (Exception e)
        {
            observation.End(e);
            if (filters is not null)
            {
                throw;
            }

            await Fail(IdOf(message), e);
            return;
        }

        await CallAgain(message, kind, filters, observation, isAllowed);
    }

    private ValueTask CallAgain(byte[] message, MessageKind kind, MessageContext? filters, MessageObservation observation, bool isAllowed)
    {
        if (Connection.IsGivenUp)
        {
            observation.End(failure: null);
            return filters is null ? default : ValueTask.FromException(new OperationCanceledException(Connection.Closed));
        }

        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        if (isAllowed)
        {
            return Call(message, envelope, kind, filters, observation, isAllowed: true);
        }

        observation.End(failure: null);
        Forbid(envelope, filters);
        return default;
    }

    private byte[] IdOf(byte[] message)
    {
        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        return envelope.Id.ToArray();
    }
}
