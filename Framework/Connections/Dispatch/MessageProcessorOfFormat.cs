using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>The lane of a connection's messages in one format: reads envelopes, calls the generated dispatcher, writes the answers.</summary>
internal sealed class MessageProcessor<TFormat>(UpgradeConnection connection, MessageDispatcher<TFormat> dispatcher, object handler)
    : MessageProcessor(connection, handler)
    where TFormat : struct, IMessageFormat
{
    // How many items of a stream that never waits are sent before others get their turn.
    private const int StreamTurn = 64;

    private ConcurrentDictionary<string, MessageStream>? _streams;
    private ConcurrentDictionary<long, PendingRequest>? _requests;
    private volatile StrongBox<CloseInfo>? _requestsEnded;
    private long _lastRequest;

    public override MessageDispatcher Dispatcher => dispatcher;

    private static bool HasEnvelope => typeof(TFormat) != typeof(RawMessageFormat);

    public override void EndConversations(CloseInfo close)
    {
        if (_streams is { } streams)
        {
            foreach (var stream in streams.Values)
            {
                stream.Cancel();
            }
        }

        EndRequests(close);
    }

    public override void EndRequests(CloseInfo close)
    {
        _requestsEnded ??= new StrongBox<CloseInfo>(close);
        if (_requests is { } requests)
        {
            foreach (var request in requests.Values)
            {
                request.Fail(new ConnectionClosedException(close));
            }
        }
    }

    public override async ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, T payload, CancellationToken cancellationToken)
    {
        ThrowIfNoReplyCanCome();
        var codec = Connection.Entry.Codec
            ?? throw new InvalidOperationException($"{Connection.Entry.DisplayName} has no codec for {typeof(TReply)}.");
        var number = Interlocked.Increment(ref _lastRequest);
        var request = new PendingRequest<TReply>(codec.GetSerializer<TReply>());
        var requests = LazyInitializer.EnsureInitialized(ref _requests);
        requests[number] = request;
        try
        {
            // Who ends the requests first says so: one of us sees the other.
            ThrowIfNoReplyCanCome();
            SendRequest(method, payload, number);
            return await request.Reply.WaitAsync(Connection.Options.RequestTimeout, Connection.Time, cancellationToken);
        }
        finally
        {
            requests.TryRemove(number, out _);
        }
    }

    public ValueTask ReplyEmpty(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            return default;
        }

        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = EnvelopeKind.Reply, Id = id };
        dispatcher.Format.WriteStart(output, header);
        dispatcher.Format.WriteNoPayload(output);
        dispatcher.Format.WriteEnd(output, header);
        return Send(output, dispatcher.Format.Kind);
    }

    public ValueTask Reply<T>(ReadOnlySpan<byte> id, T value, PayloadSerializer<T> serializer) =>
        id.IsEmpty && TFormat.RepliesNeedId ? default : SendPayload(EnvelopeKind.Reply, id, value, serializer);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AwaitDone(ValueTask task, KeptCall call)
    {
        try
        {
            await task;
            await ReplyEmpty(call.Id);
        }
        catch (Exception e)
        {
            await Fail(call.Id, e);
        }
        finally
        {
            await call.Resources.ReleaseAsync();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask AwaitReply<T>(ValueTask<T> task, PayloadSerializer<T> serializer, KeptCall call)
    {
        try
        {
            var value = await task;
            await Reply(call.Id, value, serializer);
        }
        catch (Exception e)
        {
            await Fail(call.Id, e);
        }
        finally
        {
            await call.Resources.ReleaseAsync();
        }
    }

    public bool TryOpenStream(ReadOnlySpan<byte> id, [NotNullWhen(true)] out MessageStream? stream)
    {
        stream = null;
        if (id.IsEmpty)
        {
            if (!TFormat.RepliesNeedId)
            {
                stream = new MessageStream([], Connection.Closed);
                return true;
            }

            Answer(id, MessageErrorKind.InvalidId, "The message is answered by a stream: it needs an id.");
            return false;
        }

        var streams = LazyInitializer.EnsureInitialized(ref _streams);
        if (streams.Count >= Connection.Options.MaxConcurrentStreams)
        {
            Answer(id, MessageErrorKind.LimitExceeded, $"No more than {Connection.Options.MaxConcurrentStreams} streams run at a time.");
            return false;
        }

        var opened = new MessageStream(id.ToArray(), Connection.Closed, streams);
        if (!streams.TryAdd(opened.Key, opened))
        {
            opened.Dispose();
            Answer(id, MessageErrorKind.InvalidId, "The id is in use by a stream that hasn't ended.");
            return false;
        }

        stream = opened;
        return true;
    }

    public ValueTask StartStream<T>(IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, KeptCall call)
    {
        // The stream leaves the lane once it has started.
        return Detach(PumpAsync(items, stream, serializer, call));
    }

    /// <summary>Answers a message with an error, where the format has them.</summary>
    public void Answer(ReadOnlySpan<byte> id, MessageErrorKind kind, string message) =>
        TryAnswer(id, new MessageError { Kind = kind, Message = message });

    public ValueTask AnswerUnknown(in Envelope envelope)
    {
        var name = envelope.Name.IsEmpty ? envelope.Tag.ToString(null, null) : $"'{LogText.Of(Encoding.UTF8.GetString(envelope.Name))}'";
        ConnectionLog.UnknownMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.UnknownMessage, Message = $"{Connection.Entry.DisplayName} has no message {name}." };
        if (!TryAnswer(envelope.Id, failure))
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

    protected override ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (Connection.HasFailed)
        {
            return default;
        }

        if (HasEnvelope && kind != dispatcher.Format.Kind)
        {
            return RefuseKind(kind);
        }

        var envelope = default(Envelope);
        if (!dispatcher.Format.TryRead(message, ref envelope))
        {
            return AnswerUnreadable(envelope);
        }

        if (envelope.Kind != EnvelopeKind.Call)
        {
            Conclude(envelope);
            return default;
        }

        var call = new MessageCall<TFormat>(this, envelope, kind);
        ValueTask task;
        try
        {
            task = dispatcher.DispatchAsync(Handler, ref call);
        }
        catch (Exception e)
        {
            task = call.IsEmpty ? Fail(call.Id, e) : AwaitDone(ValueTask.FromException(e), call.Keep());
        }

        // What the call took and gave to no task, because its payload couldn't be read.
        return call.IsEmpty ? task : ReleaseAfter(task, call.Keep());
    }

    private static async ValueTask ReleaseAfter(ValueTask task, KeptCall call)
    {
        try
        {
            await task;
        }
        finally
        {
            await call.Resources.ReleaseAsync();
        }
    }

    protected override bool TryBypass(ReadOnlySpan<byte> message)
    {
        if (!HasEnvelope || (_requests is null && _streams is null))
        {
            return false;
        }

        var envelope = default(Envelope);
        try
        {
            if (!dispatcher.Format.TryRead(message, ref envelope) || envelope.Kind == EnvelopeKind.Call)
            {
                return false;
            }
        }
        catch (Exception)
        {
            // The message waits for its turn, in which it fails.
            return false;
        }

        // The stream to be cancelled may still wait for its turn: so does its cancellation then.
        if (envelope.Kind == EnvelopeKind.Complete && !(_streams?.ContainsKey(MessageStream.KeyOf(envelope.Id)) ?? false))
        {
            return false;
        }

        Conclude(envelope);
        return true;
    }

    // A reply or an error ends a request of ours; a peer's "complete" ends a stream it asked for.
    private void Conclude(in Envelope envelope)
    {
        if (envelope.Kind == EnvelopeKind.Complete)
        {
            // From now on the id is the peer's to use again, though the method may take a while to end.
            if (_streams is { } streams && streams.TryRemove(MessageStream.KeyOf(envelope.Id), out var stream))
            {
                stream.Cancel();
            }

            // A stream that has just ended crosses its cancellation on the wire: no error.
            return;
        }

        if (TFormat.TryParseRequestId(envelope.Id, out var number) && _requests is { } requests && requests.TryRemove(number, out var request))
        {
            if (envelope.Kind == EnvelopeKind.Error)
            {
                request.Fail(new PeerErrorException(envelope.ErrorCode ?? "", envelope.ErrorMessage ?? "The peer answered with an error."));
            }
            else
            {
                request.Complete(envelope.Payload);
            }

            return;
        }

        ConnectionLog.UnexpectedReply(Connection.Logger, Connection.Id, LogText.Of(Encoding.UTF8.GetString(envelope.Id)));
    }

    private void ThrowIfNoReplyCanCome()
    {
        if ((Connection.Close ?? _requestsEnded?.Value) is { } close)
        {
            throw new ConnectionClosedException(close);
        }
    }

    private async ValueTask PumpAsync<T>(IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, KeptCall call)
    {
        try
        {
            var sent = 0;
            await foreach (var item in items.WithCancellation(stream.Cancelled))
            {
                // Not every sequence looks at the token.
                stream.Cancelled.ThrowIfCancellationRequested();
                await SendPayload(EnvelopeKind.Next, stream.Id, item, serializer);
                if (++sent % StreamTurn == 0)
                {
                    await Task.Yield();
                }
            }

            stream.Forget();
            if (!stream.Cancelled.IsCancellationRequested && HasEnvelope)
            {
                await SendComplete(stream.Id);
            }
        }
        catch (OperationCanceledException) when (stream.Cancelled.IsCancellationRequested)
        {
            // The peer has what it wanted, or is gone.
        }
        catch (Exception e)
        {
            stream.Forget();
            await Fail(stream.Id, e);
        }
        finally
        {
            stream.Dispose();
            await call.Resources.ReleaseAsync();
        }
    }

    private ValueTask AnswerUnreadable(in Envelope envelope)
    {
        var problem = envelope.Problem ?? "The message can't be read.";
        ConnectionLog.UnreadableMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(problem));
        if (!TryAnswer(envelope.Id, new MessageError { Kind = MessageErrorKind.InvalidMessage, Message = problem }))
        {
            Connection.Fail(WebSocketCloseCode.InvalidPayload, problem);
        }

        return default;
    }

    /// <summary>A handler failed: the peer gets an error, and unless the handler meant it the connection closes (W9).</summary>
    private ValueTask Fail(ReadOnlySpan<byte> id, Exception exception)
    {
        if ((exception is OperationCanceledException && Connection.Closed.IsCancellationRequested) || Connection.IsOwnEnd(exception))
        {
            return default;
        }

        if (exception is MessageException intended)
        {
            AnswerIntended(id, intended);
            return default;
        }

        if (!id.IsEmpty)
        {
            var detail = Connection.Options.IncludeErrorDetail ? exception.Message : "The server failed to handle the message.";
            Answer(id, MessageErrorKind.Internal, detail);
        }

        Connection.FailHandler(exception);
        return default;
    }

    private void AnswerIntended(ReadOnlySpan<byte> id, MessageException intended)
    {
        var data = MessageErrorData.Encode(Connection.Entry.Codec, intended.ErrorData);
        var failure = new MessageError { Kind = MessageErrorKind.Application, Code = intended.Code, Message = intended.Message, Data = data };
        if (!TryAnswer(id, failure))
        {
            // Without error replies the close is the only answer there is.
            Connection.Fail(WebSocketCloseCode.PolicyViolation, intended.Message);
        }
    }

    private bool TryAnswer(ReadOnlySpan<byte> id, in MessageError failure)
    {
        var output = MessageWriter.Rent();
        if (!dispatcher.Format.WriteError(output, id, failure))
        {
            output.Return();
            return false;
        }

        Connection.Outbound.Send(output.Written, dispatcher.Format.Kind);
        output.Return();
        return true;
    }

    private ValueTask SendPayload<T>(EnvelopeKind kind, ReadOnlySpan<byte> id, T value, PayloadSerializer<T> serializer)
    {
        var output = MessageWriter.Rent();
        try
        {
            var header = new MessageHeader { Kind = kind, Id = id };
            dispatcher.Format.WriteStart(output, header);
            serializer.Write(output, value);
            dispatcher.Format.WriteEnd(output, header);
        }
        catch
        {
            output.Return();
            throw;
        }

        return Send(output, HasEnvelope ? dispatcher.Format.Kind : serializer.Kind);
    }

    private ValueTask SendComplete(ReadOnlySpan<byte> id)
    {
        var output = MessageWriter.Rent();
        var header = new MessageHeader { Kind = EnvelopeKind.Complete, Id = id };
        dispatcher.Format.WriteStart(output, header);
        dispatcher.Format.WriteEnd(output, header);
        return Send(output, dispatcher.Format.Kind);
    }

    private ValueTask Send(MessageWriter output, MessageKind kind)
    {
        var sent = Connection.Outbound.SendAsync(output.Written, kind);
        output.Return();
        return sent.IsCompletedSuccessfully ? Observe(sent) : new ValueTask(sent.AsTask());
    }

    private static ValueTask Observe(ValueTask<SendResult> sent)
    {
        // A closed connection is told by its own events, not by a reply that came too late.
        _ = sent.GetAwaiter().GetResult();
        return default;
    }

    // Whether the queue has room isn't waited for: the reply is, and the timeout bounds both.
    private void SendRequest<T>(PushMethod<T> method, T payload, long number)
    {
        Span<byte> id = stackalloc byte[64];
        id = id[..TFormat.FormatRequestId(number, id)];
        var output = MessageWriter.Rent();
        try
        {
            var kind = method.Write(output, Connection.Entry, payload, id);
            Connection.Outbound.Send(output.Written, kind);
        }
        finally
        {
            output.Return();
        }
    }
}
