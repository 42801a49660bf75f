using System.Runtime.CompilerServices;

namespace UpgradeProtocols.Runtime;

/// <content>The results of methods.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    /// <param name="id">The id of the message.</param>
    /// <param name="tag">The tag of the reply.</param>
    /// <param name="path">The way of the reply.</param>
    /// <param name="isDeclared">Whether the method declares the tag: then there is a reply also in formats whose messages have no ids.</param>
    public ValueTask ReplyEmpty(ReadOnlySpan<byte> id, int tag, in AnswerPath path, bool isDeclared)
    {
        if ((id.IsEmpty && !(isDeclared && !TFormat.RepliesNeedId)) || !path.TryAnswer())
        {
            return default;
        }

        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = EnvelopeKind.Reply, Id = id, Tag = tag };
        dispatcher.Format.WriteStart(output, header);
        dispatcher.Format.WriteNoPayload(output);
        dispatcher.Format.WriteEnd(output, header);
        return Send(output, dispatcher.Format.Kind, path.Batch);
    }

    public override ValueTask ReplyAsync<T>(MessageContext context, T value, PayloadSerializer<T> serializer) =>
        Reply(context.IdBytes.Span, context.Tag, value, serializer, context.Path);

    public ValueTask Reply<T>(ReadOnlySpan<byte> id, int tag, T value, PayloadSerializer<T> serializer, in AnswerPath path)
    {
        if (id.IsEmpty && TFormat.RepliesNeedId)
        {
            return default;
        }

        var output = Write(EnvelopeKind.Reply, id, tag, value, serializer);
        if (!path.TryAnswer())
        {
            output.Return();
            return default;
        }

        try
        {
            return Send(output, KindOf(serializer), path.Batch);
        }
        catch
        {
            // The reply can't be framed: the peer gets an error instead.
            path.Context?.TakeBackAnswer();
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AwaitDone(ValueTask task, KeptCall call)
    {
        Exception? failure = null;
        try
        {
            await task;
            await ReplyEmpty(call.Id, call.ReplyTag, call.Resources.Path, call.HasReplyTag);
        }
        catch (Exception e)
        {
            failure = e;
            if (call.Resources.Path.Context is not null)
            {
                throw;
            }

            await Fail(call.Id, e, call.Resources.Path);
        }
        finally
        {
            await call.Resources.ReleaseAsync(failure);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AwaitReply<T>(ValueTask<T> task, PayloadSerializer<T> serializer, KeptCall call)
    {
        Exception? failure = null;
        try
        {
            var value = await task;
            await Reply(call.Id, call.ReplyTag, value, serializer, call.Resources.Path);
        }
        catch (Exception e)
        {
            failure = e;
            if (call.Resources.Path.Context is not null)
            {
                throw;
            }

            await Fail(call.Id, e, call.Resources.Path);
        }
        finally
        {
            await call.Resources.ReleaseAsync(failure);
        }
    }

    private MessageKind KindOf<T>(PayloadSerializer<T> serializer) => HasEnvelope ? dispatcher.Format.Kind : serializer.Kind;

    private MessageWriter Write<T>(EnvelopeKind kind, ReadOnlySpan<byte> id, int tag, T value, PayloadSerializer<T> serializer)
    {
        var output = MessageWriter.Rent();
        try
        {
            var header = new MessageHeader { Kind = kind, Id = id, Tag = tag };
            dispatcher.Format.WriteStart(output, header);
            // A null byte sequence means no payload. A codec writes its own form of null.
            if (typeof(T) == typeof(ReadOnlyMemory<byte>?) && value is null)
            {
                dispatcher.Format.WriteNoPayload(output);
            }
            else
            {
                serializer.Write(output, value);
            }

            dispatcher.Format.WriteEnd(output, header);
        }
        catch
        {
            output.Return();
            throw;
        }

        return output;
    }

    private ValueTask Send(MessageWriter output, MessageKind kind, MessageBatch? batch = null, MessageStream? stream = null)
    {
        if (batch is not null)
        {
            batch.Add(output.Written);
            output.Return();
            return default;
        }

        ValueTask<SendResult> sent;
        try
        {
            sent = stream is null
                ? Conversation.Outbound.SendAsync(output.Written, kind)
                : stream.SendAsync(Conversation.Outbound, output.Written, kind);
        }
        finally
        {
            output.Return();
        }

        return sent.IsCompletedSuccessfully ? Observe(sent) : new ValueTask(sent.AsTask());
    }

    private static ValueTask Observe(ValueTask<SendResult> sent)
    {
        // A closed connection is reported by its own events, not by a reply that came too late.
        _ = sent.GetAwaiter().GetResult();
        return default;
    }
}
