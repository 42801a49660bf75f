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
    public void Answer(ReadOnlySpan<byte> id, MessageErrorKind kind, string message, MessageContext? context)
    {
        if (!TryAnswer(id, new MessageError { Kind = kind, Message = message }, context))
        {
            Connection.Fail(
                kind == MessageErrorKind.InvalidPayload ? WebSocketCloseCode.InvalidPayload : WebSocketCloseCode.PolicyViolation, message);
        }
    }

    public ValueTask AnswerUnknown(in MessageEnvelope envelope, MessageContext? context)
    {
        var name = Describe(envelope);
        ConnectionLog.UnknownMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.UnknownMessage, Message = $"{Connection.Entry.DisplayName} has no message {name}." };
        if (!TryAnswer(envelope.Id, failure, context))
        {
            Connection.Fail(WebSocketCloseCode.UnsupportedData, failure.Message);
        }

        return default;
    }

    public ValueTask RefuseKind(MessageKind kind)
    {
        Connection.Fail(
            WebSocketCloseCode.UnsupportedData,
            kind == MessageKind.Text ? "This protocol's messages are binary." : "This protocol's messages are text.");
        return default;
    }

    // An empty name is a valid name.
    private static string Describe(in MessageEnvelope envelope) => s_hasTags && envelope.Name.IsEmpty
        ? envelope.Tag.ToString(CultureInfo.InvariantCulture)
        : $"'{LogText.Of(Encoding.UTF8.GetString(envelope.Name))}'";

    private ValueTask AnswerUnreadable(in MessageEnvelope envelope)
    {
        var problem = envelope.Problem ?? "The message can't be read.";
        ConnectionLog.UnreadableMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(problem));
        var kind = envelope.IsMalformed ? MessageErrorKind.Malformed : MessageErrorKind.InvalidMessage;
        if (!TryAnswer(envelope.Id, new MessageError { Kind = kind, Message = problem }, context: null))
        {
            Connection.Fail(WebSocketCloseCode.InvalidPayload, problem);
        }

        return default;
    }

    /// <summary>A handler failed: the peer gets an error, and unless the handler intended it the connection closes (W9).</summary>
    private ValueTask Fail(ReadOnlySpan<byte> id, Exception exception, MessageStream? stream = null, MessageContext? context = null)
    {
        if ((exception is OperationCanceledException && Connection.Closed.IsCancellationRequested) || Connection.IsOwnEnd(exception))
        {
            return default;
        }

        if ((exception as MessageException ?? Map(ref exception)) is { } intended)
        {
            if (!IsTooLate(exception, context))
            {
                AnswerIntended(id, intended, stream, context);
            }

            return default;
        }

        if (exception is PayloadException unfit)
        {
            // A filter rejected a payload that has been read.
            if (!IsTooLate(exception, context))
            {
                Answer(id, MessageErrorKind.InvalidPayload, unfit.Message, context);
            }

            return default;
        }

        if (!id.IsEmpty)
        {
            var detail = Connection.Options.IncludeErrorDetail ? exception.Message : "The server failed to handle the message.";
            TryAnswer(id, new MessageError { Kind = MessageErrorKind.Internal, Message = detail }, context, stream);
        }

        if (Batch is { } gathered)
        {
            // The connection closes after the replies to the whole batch.
            gathered.Failures.Add(exception);
            return default;
        }

        Connection.FailHandler(exception);
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

    private void AnswerIntended(ReadOnlySpan<byte> id, MessageException intended, MessageStream? stream, MessageContext? context)
    {
        var data = MessageErrorData.Encode(Connection.Entry.Codec, intended.ErrorData);
        var failure = new MessageError { Kind = MessageErrorKind.Application, Code = intended.Code, Number = intended.Number, Message = intended.Message, Data = data };
        if (!TryAnswer(id, failure, context, stream))
        {
            // Without error replies the close is the only possible answer.
            Connection.Fail(WebSocketCloseCode.PolicyViolation, intended.Message);
        }
    }

    private bool TryAnswer(ReadOnlySpan<byte> id, in MessageError failure, MessageContext? context, MessageStream? stream = null)
    {
        var output = MessageWriter.Rent();
        if (!dispatcher.Format.WriteError(output, id, failure))
        {
            output.Return();
            return false;
        }

        if (output.Length == 0 || context?.TryAnswer() == false)
        {
            // The format has errors, and this one isn't reported; or the peer has its reply already.
        }
        else if (Batch is { } gathered)
        {
            gathered.Add(output.Written);
        }
        else if (stream is not null)
        {
            stream.SendLast(Connection.Outbound, output.Written, dispatcher.Format.Kind);
        }
        else
        {
            Connection.Outbound.Send(output.Written, dispatcher.Format.Kind);
        }

        output.Return();
        CountError(failure.Kind);
        return true;
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
