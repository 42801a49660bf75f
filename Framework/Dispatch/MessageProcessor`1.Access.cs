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
        using var begun = path.Active is null && IdOf(message) is { Length: > 0 } id ? BeginCall(id) : null;
        path = path with { Active = path.Active ?? begun };
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
            return;
        }

        await CallAgain(message, kind, path, observation, isAllowed);
    }

    private ValueTask CallAgain(byte[] message, MessageKind kind, AnswerPath path, MessageObservation observation, bool isAllowed)
    {
        if (Conversation.IsGivenUp)
        {
            observation.End(failure: null);
            return path.Context is null ? default : ValueTask.FromException(new OperationCanceledException(Conversation.Closed));
        }

        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        if (isAllowed)
        {
            return Call(message, envelope, kind, path, observation, isAllowed: true);
        }

        observation.End(failure: null);
        Forbid(envelope, path);
        return default;
    }

    private byte[] IdOf(byte[] message)
    {
        var envelope = default(MessageEnvelope);
        dispatcher.Format.TryRead(message, ref envelope);
        return envelope.Id.ToArray();
    }
}
