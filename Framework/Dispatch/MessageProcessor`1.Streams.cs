using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <content>Messages with a stream as their reply.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    // The number of items after which a stream that never waits yields to other work.
    private const int StreamTurn = 64;

    private OutgoingStreams? _streams;

    private OutgoingStreams Streams =>
        _streams ?? Interlocked.CompareExchange(ref _streams, new OutgoingStreams(Conversation), null) ?? _streams;

    public bool TryOpenStream(ReadOnlySpan<byte> id, [NotNullWhen(true)] out MessageStream? stream, in AnswerPath path)
    {
        stream = null;
        if (path.Batch is not null)
        {
            Answer(id, MessageErrorKind.InvalidMessage, "The message is answered by a stream: it can't stand in a batch.", path);
            return false;
        }

        if (id.IsEmpty)
        {
            if (!TFormat.RepliesNeedId)
            {
                stream = new MessageStream([], Conversation);
                return true;
            }

            Answer(id, MessageErrorKind.InvalidId, "The message is answered by a stream: it needs an id.", path);
            return false;
        }

        if (path.IsCancelled)
        {
            AnswerCancelled(id, path);
            return false;
        }

        var streams = Streams;
        if (streams.IsFull)
        {
            Answer(id, MessageErrorKind.LimitExceeded, $"No more than {Connection.Options.MaxConcurrentStreams} streams run at a time.", path);
            return false;
        }

        if (!streams.TryOpen(id, out stream))
        {
            Answer(id, MessageErrorKind.InvalidId, "The id is in use by a stream that hasn't ended.", path);
            return false;
        }

        return true;
    }

    public ValueTask StartStream<T>(
        IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, ReadOnlySpan<byte> name, KeptCall call)
    {
        // The stream leaves the serial queue once it has started.
        var pump = PumpAsync(items, stream, serializer, call);
        return call.Resources.Path.Context is { } context ? context.LeaveQueue(pump) : Detach(pump, name);
    }

    private async ValueTask PumpAsync<T>(IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, KeptCall call)
    {
        Exception? failure = null;
        var context = call.Resources.Path.Context;
        try
        {
            var sent = 0;
            await foreach (var item in items.WithCancellation(stream.Cancelled))
            {
                // Not every sequence observes the token.
                stream.Cancelled.ThrowIfCancellationRequested();
                if (context?.TryBeginStream() == false)
                {
                    // A filter has replied in place of the method.
                    stream.Cancel();
                    break;
                }

                await Send(Write(EnvelopeKind.Next, stream.Id, call.ReplyTag, item, serializer), KindOf(serializer), stream: stream);
                if (++sent % StreamTurn == 0)
                {
                    await Task.Yield();
                }
            }

            if (HasEnvelope && context?.TryAnswer() != false)
            {
                await SendComplete(stream, call.ReplyTag);
            }
        }
        catch (OperationCanceledException) when (stream.Cancelled.IsCancellationRequested)
        {
            // The peer has cancelled or disconnected: a filter's error can't reach it either.
            context?.Keep(stream);
        }
        catch (Exception e)
        {
            failure = e;
            if (context is not null)
            {
                // The filters see the failure before the peer gets it as the end of the stream.
                context.Keep(stream);
                throw;
            }

            await Fail(stream.Id, e, call.Resources.Path, stream);
        }
        finally
        {
            if (context?.Keeps(stream) != true)
            {
                stream.Dispose();
            }

            await call.Resources.ReleaseAsync(failure);
        }
    }

    private ValueTask SendComplete(MessageStream stream, int tag)
    {
        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = EnvelopeKind.Complete, Id = stream.Id, Tag = tag };
        dispatcher.Format.WriteStart(output, header);
        dispatcher.Format.WriteEnd(output, header);
        var sent = stream.SendLastAsync(Conversation.Outbound, output.Written, dispatcher.Format.Kind);
        output.Return();
        return sent.IsCompletedSuccessfully ? Observe(sent) : new ValueTask(sent.AsTask());
    }
}
