using System.Runtime.CompilerServices;

namespace UpgradeProtocols.Runtime;

/// <content>What methods return.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    public ValueTask ReplyEmpty(ReadOnlySpan<byte> id, int tag)
    {
        if (id.IsEmpty)
        {
            return default;
        }

        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = EnvelopeKind.Reply, Id = id, Tag = tag };
        dispatcher.Format.WriteStart(output, header);
        dispatcher.Format.WriteNoPayload(output);
        dispatcher.Format.WriteEnd(output, header);
        return Send(output, dispatcher.Format.Kind);
    }

    public override ValueTask ReplyAsync<T>(ReadOnlySpan<byte> id, T value, PayloadSerializer<T> serializer) => Reply(id, 0, value, serializer);

    public ValueTask Reply<T>(ReadOnlySpan<byte> id, int tag, T value, PayloadSerializer<T> serializer) =>
        id.IsEmpty && TFormat.RepliesNeedId ? default : SendPayload(EnvelopeKind.Reply, id, tag, value, serializer);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AwaitDone(ValueTask task, KeptCall call)
    {
        Exception? failure = null;
        try
        {
            await task;
            await ReplyEmpty(call.Id, call.ReplyTag);
        }
        catch (Exception e)
        {
            failure = e;
            if (call.Resources.Context is not null)
            {
                throw;
            }

            await Fail(call.Id, e);
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
            await Reply(call.Id, call.ReplyTag, value, serializer);
        }
        catch (Exception e)
        {
            failure = e;
            if (call.Resources.Context is not null)
            {
                throw;
            }

            await Fail(call.Id, e);
        }
        finally
        {
            await call.Resources.ReleaseAsync(failure);
        }
    }

    private ValueTask SendPayload<T>(
        EnvelopeKind kind, ReadOnlySpan<byte> id, int tag, T value, PayloadSerializer<T> serializer, MessageStream? stream = null)
    {
        var output = MessageWriter.Rent();
        try
        {
            var header = new MessageHeader { Kind = kind, Id = id, Tag = tag };
            dispatcher.Format.WriteStart(output, header);
            // Bytes that are null are no payload; a codec says itself what its null is.
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

        return Send(output, HasEnvelope ? dispatcher.Format.Kind : serializer.Kind, stream);
    }

    private ValueTask Send(MessageWriter output, MessageKind kind, MessageStream? stream = null)
    {
        if (Batch is { } gathered)
        {
            gathered.Add(output.Written);
            output.Return();
            return default;
        }

        var sent = stream is null
            ? Connection.Outbound.SendAsync(output.Written, kind)
            : stream.SendAsync(Connection.Outbound, output.Written, kind);
        output.Return();
        return sent.IsCompletedSuccessfully ? Observe(sent) : new ValueTask(sent.AsTask());
    }

    private static ValueTask Observe(ValueTask<SendResult> sent)
    {
        // A closed connection is told by its own events, not by a reply that came too late.
        _ = sent.GetAwaiter().GetResult();
        return default;
    }
}
