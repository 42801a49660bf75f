using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <content>Messages with a stream as their reply.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    // The number of items after which a stream that never waits yields to other work.
    private const int StreamTurn = 64;

    private ConcurrentDictionary<string, MessageStream>? _streams;

    public bool TryOpenStream(ReadOnlySpan<byte> id, [NotNullWhen(true)] out MessageStream? stream, MessageContext? context)
    {
        stream = null;
        if (Batch is not null)
        {
            Answer(id, MessageErrorKind.InvalidMessage, "The message is answered by a stream: it can't stand in a batch.", context);
            return false;
        }

        if (id.IsEmpty)
        {
            if (!TFormat.RepliesNeedId)
            {
                stream = new MessageStream([], Connection);
                return true;
            }

            Answer(id, MessageErrorKind.InvalidId, "The message is answered by a stream: it needs an id.", context);
            return false;
        }

        var streams = LazyInitializer.EnsureInitialized(ref _streams);
        if (streams.Count >= Connection.Options.MaxConcurrentStreams)
        {
            Answer(id, MessageErrorKind.LimitExceeded, $"No more than {Connection.Options.MaxConcurrentStreams} streams run at a time.", context);
            return false;
        }

        var opened = new MessageStream(id.ToArray(), Connection, streams);
        if (!streams.TryAdd(opened.Key, opened) && !IsFreeMeanwhile(streams, opened))
        {
            opened.Dispose();
            Answer(id, MessageErrorKind.InvalidId, "The id is in use by a stream that hasn't ended.", context);
            return false;
        }

        stream = opened;
        return true;
    }

    public ValueTask StartStream<T>(
        IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, ReadOnlySpan<byte> name, KeptCall call)
    {
        // The stream leaves the serial queue once it has started.
        var pump = PumpAsync(items, stream, serializer, call);
        return call.Resources.Context is { } context ? context.LeaveLane(pump) : Detach(pump, name);
    }

    // The previous stream with this id has sent its end to the peer, and is about to release the id.
    private static bool IsFreeMeanwhile(ConcurrentDictionary<string, MessageStream> streams, MessageStream opened)
    {
        if (streams.TryGetValue(opened.Key, out var before))
        {
            before.WaitForSending();
        }

        return streams.TryAdd(opened.Key, opened);
    }

    private async ValueTask PumpAsync<T>(IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, KeptCall call)
    {
        Exception? failure = null;
        var context = call.Resources.Context;
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

                await Send(Write(EnvelopeKind.Next, stream.Id, call.ReplyTag, item, serializer), KindOf(serializer), stream);
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

            await Fail(stream.Id, e, stream);
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
        var sent = stream.SendLastAsync(Connection.Outbound, output.Written, dispatcher.Format.Kind);
        output.Return();
        return sent.IsCompletedSuccessfully ? Observe(sent) : new ValueTask(sent.AsTask());
    }

    // The cancellation of a stream that has just ended crosses its end on the wire: not an error.
    private void CancelStream(in MessageEnvelope envelope)
    {
        // From now on the peer may reuse the id, though the method may take some time to end.
        if (_streams is { } streams && streams.TryRemove(MessageStream.KeyOf(envelope.Id), out var stream))
        {
            stream.Cancel();
        }
    }

    private void CancelStreams()
    {
        if (_streams is { } streams)
        {
            foreach (var stream in streams.Values)
            {
                stream.Cancel();
            }
        }
    }
}
