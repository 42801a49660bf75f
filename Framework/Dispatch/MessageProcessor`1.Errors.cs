using System.Globalization;
using System.Reflection;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <content>Unreadable, unknown and failed messages: an error reply, or the end of the connection (W9).</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private static readonly bool s_hasTags =
        typeof(TFormat).GetCustomAttribute<MessageFormatAttribute>()?.Features.HasFlag(MessageFormatFeatures.Tags) == true;

    /// <summary>Sends an error reply or, where the format has none, closes the connection (W9).</summary>
    public void Answer(ReadOnlySpan<byte> id, MessageErrorKind kind, string message, in AnswerPath path)
    {
        if (!TryAnswer(id, new MessageError { Kind = kind, Message = message }, path))
        {
            Conversation.Fail(
                kind == MessageErrorKind.InvalidPayload ? WebSocketCloseCode.InvalidPayload : WebSocketCloseCode.PolicyViolation, message);
        }
    }

    public ValueTask AnswerUnknown(in MessageEnvelope envelope, in AnswerPath path)
    {
        var name = Describe(envelope);
        ConnectionLog.UnknownMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.UnknownMessage, Message = $"{Connection.Entry.DisplayName} has no message {name}." };
        if (!TryAnswer(envelope.Id, failure, path))
        {
            Conversation.Fail(WebSocketCloseCode.UnsupportedData, failure.Message);
        }

        return default;
    }

    public ValueTask RefuseKind(MessageKind kind)
    {
        Conversation.Fail(
            WebSocketCloseCode.UnsupportedData,
            kind == MessageKind.Text ? "This protocol's messages are binary." : "This protocol's messages are text.");
        return default;
    }

    // An empty name is a valid name.
    private static string Describe(in MessageEnvelope envelope) => s_hasTags && envelope.Name.IsEmpty
        ? envelope.Tag.ToString(CultureInfo.InvariantCulture)
        : $"'{LogText.Of(Encoding.UTF8.GetString(envelope.Name))}'";

    private ValueTask AnswerUnreadable(in MessageEnvelope envelope, MessageBatch? batch)
    {
        var problem = envelope.Problem ?? "The message can't be read.";
        ConnectionLog.UnreadableMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(problem));
        var kind = envelope.IsMalformed ? MessageErrorKind.Malformed : MessageErrorKind.InvalidMessage;
        if (!TryAnswer(envelope.Id, new MessageError { Kind = kind, Message = problem }, new AnswerPath(null, batch, null, envelope.Tag)))
        {
            Conversation.Fail(WebSocketCloseCode.InvalidPayload, problem);
        }

        return default;
    }

    /// <summary>A handler failed: the peer gets an error, and unless the handler intended it the connection closes (W9).</summary>
    private ValueTask Fail(ReadOnlySpan<byte> id, Exception exception, in AnswerPath path, MessageStream? stream = null)
    {
        if ((exception is OperationCanceledException && Conversation.Closed.IsCancellationRequested) || Conversation.IsOwnEnd(exception))
        {
            return default;
        }

        if (exception is OperationCanceledException && path.IsCancelled)
        {
            AnswerCancelled(id, path, stream);
            return default;
        }

        if ((exception as MessageException ?? Map(ref exception)) is { } intended)
        {
            if (!IsTooLate(exception, path.Context))
            {
                AnswerIntended(id, intended, path, stream);
            }

            return default;
        }

        if (exception is PayloadException unfit)
        {
            // A filter rejected a payload that has been read.
            if (!IsTooLate(exception, path.Context))
            {
                Answer(id, MessageErrorKind.InvalidPayload, unfit.Message, path);
            }

            return default;
        }

        if (!id.IsEmpty)
        {
            var detail = Connection.Options.IncludeErrorDetail ? exception.Message : "The server failed to handle the message.";
            TryAnswer(id, new MessageError { Kind = MessageErrorKind.Internal, Message = detail }, path, stream);
        }

        if (path.Batch is { } batch)
        {
            // The connection closes after the replies to the whole batch.
            batch.Failures.Add(exception);
            return default;
        }

        Conversation.FailHandler(exception);
        return default;
    }

    // A filter's error after the message has its reply: a peer gets one reply for an id. The log has the error.
    private bool IsTooLate(Exception exception, MessageContext? context)
    {
        if (context is not { IsAnswered: true })
        {
            return false;
        }

        ConnectionLog.AnsweredBefore(Connection.Logger, exception, Connection.Id, Connection.Entry.DisplayName, LogText.Of(context.Name));
        return true;
    }

    private MessageException? Map(ref Exception exception)
    {
        try
        {
            foreach (var mapper in Connection.Hub.ExceptionMappers)
            {
                if (mapper.Map(exception, Connection) is { } mapped)
                {
                    return mapped;
                }
            }
        }
        catch (Exception e)
        {
            // The log has both exceptions.
            exception = new AggregateException(exception, e);
        }

        return null;
    }

    private void AnswerIntended(ReadOnlySpan<byte> id, MessageException intended, in AnswerPath path, MessageStream? stream)
    {
        var data = MessageErrorData.Encode(Connection.Entry.Codec, intended.ErrorData);
        var failure = new MessageError
        {
            Kind = MessageErrorKind.Application,
            Code = intended.Code,
            Number = intended.Number,
            Message = intended.Message,
            Data = data,
        };
        if (!TryAnswer(id, failure, path, stream))
        {
            // Without error replies the close is the only possible answer.
            Conversation.Fail(WebSocketCloseCode.PolicyViolation, intended.Message);
        }
    }

    private bool TryAnswer(ReadOnlySpan<byte> id, in MessageError failure, in AnswerPath path, MessageStream? stream = null)
    {
        var error = failure with { Tag = path.Tag };
        if (TFormat.CloseFor(id, error) is { } close)
        {
            CloseWith(close);
            CountError(failure.Kind);
            return true;
        }

        var output = MessageWriter.Rent();
        if (!dispatcher.Format.WriteError(output, id, error))
        {
            output.Return();
            return false;
        }

        if (output.Length == 0 || !path.TryAnswer())
        {
            // The format has errors, and this one isn't reported; or the peer has its reply already.
        }
        else if (path.Batch is { } batch)
        {
            batch.Add(output.Written);
        }
        else if (stream is not null)
        {
            stream.SendLast(Conversation.Outbound, output.Written, dispatcher.Format.Kind);
        }
        else
        {
            Conversation.Outbound.Send(output.Written, dispatcher.Format.Kind);
        }

        output.Return();
        CountError(failure.Kind);
        return true;
    }

    private void CloseWith(MessageClose close)
    {
        if (close.Code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)close.Code))
        {
            throw new InvalidOperationException($"{typeof(TFormat)} closes with {close.Code}, which a Close can't carry: use 3000 to 4999.");
        }

        Conversation.Fail((ushort)close.Code, close.Reason);
    }

    // Errors that the application sends on purpose, and its failures, aren't errors of the peer.
    private void CountError(MessageErrorKind kind)
    {
        if (kind switch
        {
            MessageErrorKind.InvalidMessage => "invalid_message",
            MessageErrorKind.UnknownMessage => "unknown_message",
            MessageErrorKind.InvalidPayload => "invalid_payload",
            MessageErrorKind.InvalidId => "invalid_id",
            MessageErrorKind.Forbidden => "forbidden",
            MessageErrorKind.LimitExceeded => "limit_exceeded",
            _ => null,
        } is { } type)
        {
            Connection.Meter.ProtocolError(type);
        }
    }
}
