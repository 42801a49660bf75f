using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols.Runtime;

/// <content>Messages that a stream answers.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    // How many items of a stream that never waits are sent before others get their turn.
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
        // The stream leaves the lane once it has started.
        var pump = PumpAsync(items, stream, serializer, call);
        return call.Resources.Context is { } context ? context.LeaveLane(pump) : Detach(pump, name);
    }

    // The one before it has told the peer of its end, and is just about to give its id up.
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
                // Not every sequence looks at the token.
                stream.Cancelled.ThrowIfCancellationRequested();
                if (context?.TryBeginStream() == false)
                {
                    // A filter has answered in the method's place.
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
            // The peer has what it wanted, or is gone: what a filter says now doesn't reach it either.
            context?.Keep(stream);
        }
        catch (Exception e)
        {
            failure = e;
            if (context is not null)
            {
                // The filters see it before the peer does, to which it is the stream's end.
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

    // A stream that has just ended crosses its cancellation on the wire: no error.
    private void CancelStream(in MessageEnvelope envelope)
    {
        // From now on the id is the peer's to use again, though the method may take a while to end.
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
