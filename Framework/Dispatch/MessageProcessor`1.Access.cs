namespace UpgradeProtocols.Runtime;

/// <content>Messages that require authorization.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    /// <summary>The user may not send the message.</summary>
    public void Forbid(in MessageEnvelope envelope, in AnswerPath path)
    {
        var name = Describe(envelope);
        ConnectionLog.Forbidden(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.Forbidden, Message = $"You may not send {name}." };
        if (!TryAnswer(envelope.Id, failure, path))
        {
            Conversation.Fail(WebSocketCloseCode.PolicyViolation, "The user is not authorized to send this message.");
        }
    }

    private async ValueTask AwaitAccess(Task<bool> access, byte[] message, MessageKind kind, AnswerPath path, MessageObservation observation)
    {
        path = path with { Active = path.Active ?? (IdOf(message) is { Length: > 0 } id ? BeginCall(id) : null) };
        bool isAllowed;
        try
        {
            isAllowed = await access;
            if (isAllowed && path.IsCancelled)
            {
                throw new OperationCanceledException(CancelledText);
            }
        }
        catch (Exception e)
        {
            observation.End(e);
            if (path.Context is not null)
            {
                throw;
            }

            await Fail(IdOf(message), e, path);
            path.Active?.Dispose();
            return;
        }

        await CallAgain(message, kind, path, observation, isAllowed);
    }

    private ValueTask CallAgain(byte[] message, MessageKind kind, in AnswerPath path, MessageObservation observation, bool isAllowed)
    {
        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        if (isAllowed && !Conversation.IsGivenUp)
        {
            // The call takes over the registration of its id, as far as that doesn't belong to the filters.
            return Call(message, envelope, kind, path, observation, isAllowed: true);
        }

        observation.End(failure: null);
        if (Conversation.IsGivenUp && path.Context is not null)
        {
            return ValueTask.FromException(new OperationCanceledException(Conversation.Closed));
        }

        if (!Conversation.IsGivenUp)
        {
            Forbid(envelope, path);
        }

        if (path.Context is null)
        {
            path.Active?.Dispose();
        }

        return default;
    }

    private byte[] IdOf(byte[] message)
    {
        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        return envelope.Id.ToArray();
    }
}
