using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>The lane of a connection's messages in one format: reads envelopes, calls the generated dispatcher, writes the answers.</summary>
/// <param name="connection">The connection.</param>
/// <param name="dispatcher">The generated dispatcher.</param>
/// <param name="handler">The handler.</param>
/// <param name="batch">For the messages of a batch: where their answers are gathered.</param>
internal sealed class MessageProcessor<TFormat>(
    UpgradeConnection connection, MessageDispatcher<TFormat> dispatcher, object handler, MessageBatch? batch = null)
    : MessageProcessor(connection, handler)
    where TFormat : struct, IMessageFormat
{
    // How many items of a stream that never waits are sent before others get their turn.
    private const int StreamTurn = 64;

    private ConcurrentDictionary<string, MessageStream>? _streams;
    private ConcurrentDictionary<long, PendingRequest>? _requests;
    private readonly bool _isFiltered = connection.Hub.Filters.Messages.Count > 0;
    private NextMessageFilter? _filtered;
    private SemaphoreSlim? _turn;
    private volatile StrongBox<CloseInfo>? _requestsEnded;
    private long _lastRequest;

    public override MessageDispatcher Dispatcher => dispatcher;

    private static bool HasEnvelope => typeof(TFormat) != typeof(RawMessageFormat);

    /// <summary>Where the answers of a batch's messages are gathered. Formats without batches don't ask.</summary>
    private MessageBatch? Batch => TFormat.HasBatches ? batch : null;

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
        var request = new PendingRequest<TReply>(codec.GetSerializer<TReply>());
        if (!TFormat.OneRequestAtATime)
        {
            return await AskAsync(method, payload, request, cancellationToken);
        }

        var turn = LazyInitializer.EnsureInitialized(ref _turn, static () => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        var answer = AskInTurnAsync(method, payload, request, turn);
        try
        {
            return await answer.WaitAsync(cancellationToken);
        }
        finally
        {
            if (!answer.IsCompleted)
            {
                // How it ends is nobody's concern any more.
                _ = answer.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
    }

    private async Task<TReply> AskAsync<T, TReply>(PushMethod<T> method, T payload, PendingRequest<TReply> request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _lastRequest);
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

    // Who gives up waiting doesn't end the request: the peer still works on it, and the next one waits for its end.
    private async Task<TReply> AskInTurnAsync<T, TReply>(PushMethod<T> method, T payload, PendingRequest<TReply> request, SemaphoreSlim turn)
    {
        try
        {
            return await AskAsync(method, payload, request, CancellationToken.None);
        }
        finally
        {
            turn.Release();
        }
    }

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

    public bool TryOpenStream(ReadOnlySpan<byte> id, [NotNullWhen(true)] out MessageStream? stream)
    {
        stream = null;
        if (Batch is not null)
        {
            Answer(id, MessageErrorKind.InvalidMessage, "The message is answered by a stream: it can't stand in a batch.");
            return false;
        }

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
        if (!streams.TryAdd(opened.Key, opened) && !IsFreeMeanwhile(streams, opened))
        {
            opened.Dispose();
            Answer(id, MessageErrorKind.InvalidId, "The id is in use by a stream that hasn't ended.");
            return false;
        }

        stream = opened;
        return true;
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

    public ValueTask StartStream<T>(
        IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer, ReadOnlySpan<byte> name, KeptCall call)
    {
        // The stream leaves the lane once it has started.
        var pump = PumpAsync(items, stream, serializer, call);
        return call.Resources.Context is { } context ? context.LeaveLane(pump) : Detach(pump, name);
    }

    /// <summary>Answers a message with an error or, where the format has none, closes the connection (W9).</summary>
    public void Answer(ReadOnlySpan<byte> id, MessageErrorKind kind, string message)
    {
        if (!TryAnswer(id, new MessageError { Kind = kind, Message = message }))
        {
            Connection.Fail(
                kind == MessageErrorKind.InvalidPayload ? WebSocketCloseCode.InvalidPayload : WebSocketCloseCode.PolicyViolation, message);
        }
    }

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

    /// <summary>In a batch one message is handled after the other, also those that may run beside others.</summary>
    public override ValueTask Detach(ValueTask task, ReadOnlySpan<byte> name) => Batch is null ? base.Detach(task, name) : task;

    public ValueTask RefuseKind(MessageKind kind)
    {
        Connection.Fail(
            WebSocketCloseCode.UnsupportedData,
            kind == MessageKind.Text ? "This protocol's messages are binary." : "This protocol's messages are text.");
        return default;
    }

    /// <summary>The user may not send the message.</summary>
    public void Forbid(in Envelope envelope)
    {
        var name = envelope.Name.IsEmpty ? envelope.Tag.ToString(null, null) : $"'{LogText.Of(Encoding.UTF8.GetString(envelope.Name))}'";
        ConnectionLog.Forbidden(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, name);
        var failure = new MessageError { Kind = MessageErrorKind.Forbidden, Message = $"You may not send {name}." };
        if (!TryAnswer(envelope.Id, failure))
        {
            Connection.Fail(WebSocketCloseCode.PolicyViolation, "You may not send this message.");
        }
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

        return TFormat.HasBatches && Batch is null && JsonBatch.IsBatch(message) ? DispatchBatch(message, kind) : DispatchOne(message, kind);
    }

    private ValueTask DispatchOne(ReadOnlySpan<byte> message, MessageKind kind)
    {
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

        return _isFiltered ? Filter(message, envelope, kind) : Call(message, envelope, kind, filters: null);
    }

    private ValueTask Call(ReadOnlySpan<byte> message, in Envelope envelope, MessageKind kind, MessageContext? filters)
    {
        var observation = MessageObservation.Start(Connection, envelope, HasEnvelope);
        if (observation.IsEmpty)
        {
            return Call(message, envelope, kind, filters, observation);
        }

        var current = observation.Before;
        try
        {
            return Call(message, envelope, kind, filters, observation);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    private ValueTask Call(
        ReadOnlySpan<byte> message, in Envelope envelope, MessageKind kind, MessageContext? filters, in MessageObservation observation, bool isAllowed = false)
    {
        var call = new MessageCall<TFormat>(this, envelope, kind, filters, observation, isAllowed);
        ValueTask task;
        try
        {
            task = dispatcher.DispatchAsync(Handler, ref call);
            if (call.Access is { } access)
            {
                return AwaitAccess(access, message.ToArray(), kind, filters, observation);
            }

            call.End(failure: null);
        }
        catch (Exception e)
        {
            if (call.IsEmpty)
            {
                call.End(e);
                task = filters is null ? Fail(call.Id, e) : ValueTask.FromException(e);
            }
            else
            {
                task = AwaitDone(ValueTask.FromException(e), call.Keep());
            }
        }

        if (!task.IsCompleted)
        {
            Remember(call.Name);
        }

        // What the call took and gave to no task, because its payload couldn't be read.
        return call.IsEmpty ? task : ReleaseAfter(task, call.Keep());
    }

    private ValueTask Filter(ReadOnlySpan<byte> message, in Envelope envelope, MessageKind kind)
    {
        var context = new MessageContext(this, message, envelope, kind);
        var handling = RunFiltersAsync(context);
        if (handling.IsCompletedSuccessfully)
        {
            return default;
        }

        return context.HasLeftLane ? Detach(handling, context.NameBytes) : UntilLaneIsFreeAsync(handling.AsTask(), context);
    }

    private async ValueTask RunFiltersAsync(MessageContext context)
    {
        try
        {
            if (_filtered is null)
            {
                Filters = Connection.Hub.Filters.MessageFiltersOf(Connection)!;
                _filtered = FilterSet.Chain(Filters, CallFiltered);
            }

            await _filtered(context);
        }
        catch (Exception e)
        {
            await Fail(context.Id.Span, e);
        }
        finally
        {
            context.Release();
        }
    }

    private ValueTask CallFiltered(MessageContext context)
    {
        context.Dispatching();
        var envelope = default(Envelope);
        return dispatcher.Format.TryRead(context.Message, ref envelope)
            ? Call(context.Message, envelope, context.Kind, context)
            : throw new InvalidOperationException($"{typeof(TFormat)} doesn't read a message again that it has read before.");
    }

    // A concurrent method or a stream lets the next message go on before it has ended; the filters around it don't know.
    private async ValueTask UntilLaneIsFreeAsync(Task handling, MessageContext context)
    {
        if (await Task.WhenAny(handling, context.LeftLane) == handling)
        {
            await handling;
        }
        else
        {
            await Detach(new ValueTask(handling), context.NameBytes);
        }
    }

    private async ValueTask AwaitAccess(Task<bool> access, byte[] message, MessageKind kind, MessageContext? filters, MessageObservation observation)
    {
        bool isAllowed;
        try
        {
            isAllowed = await access;
        }
        catch (Exception e)
        {
            observation.End(e);
            if (filters is not null)
            {
                throw;
            }

            await Fail(IdOf(message), e);
            return;
        }

        await CallAgain(message, kind, filters, observation, isAllowed);
    }

    private ValueTask CallAgain(byte[] message, MessageKind kind, MessageContext? filters, MessageObservation observation, bool isAllowed)
    {
        var envelope = default(Envelope);
        dispatcher.Format.TryRead(message, ref envelope);
        if (isAllowed)
        {
            return Call(message, envelope, kind, filters, observation, isAllowed: true);
        }

        observation.End(failure: null);
        Forbid(envelope);
        return default;
    }

    private byte[] IdOf(byte[] message)
    {
        var envelope = default(Envelope);
        dispatcher.Format.TryRead(message, ref envelope);
        return envelope.Id.ToArray();
    }

    /// <summary>Handles a batch's messages one after the other, and sends their answers as one message.</summary>
    private ValueTask DispatchBatch(ReadOnlySpan<byte> frame, MessageKind kind)
    {
        var envelope = default(Envelope);
        return JsonBatch.TryRead(frame, Connection.Options.MaxBatchMessages, ref envelope, out var members)
            ? RunBatch(new MessageBatch(frame), members, kind)
            : AnswerUnreadable(envelope);
    }

    private async ValueTask RunBatch(MessageBatch gathered, List<Range> members, MessageKind kind)
    {
        var lane = new MessageProcessor<TFormat>(Connection, dispatcher, Handler, gathered);
        try
        {
            for (var i = 0; i < members.Count && !Connection.HasFailed; i++)
            {
                // The frame was counted as one message when it came (T2).
                if (i > 0 && Connection.Session?.Admits() == false)
                {
                    break;
                }

                try
                {
                    await lane.DispatchMember(gathered.Frame(members[i]), kind, this);
                }
                catch (Exception e)
                {
                    // Nothing of one message keeps the others from being answered.
                    gathered.Failures.Add(e);
                }
            }

            if (gathered.TryEnd(out var output))
            {
                await Send(output, kind);
            }
        }
        finally
        {
            gathered.Release();
        }

        foreach (var failure in gathered.Failures)
        {
            Connection.FailHandler(failure);
        }
    }

    private ValueTask DispatchMember(ReadOnlySpan<byte> message, MessageKind kind, MessageProcessor<TFormat> owner)
    {
        var envelope = default(Envelope);
        if (dispatcher.Format.TryRead(message, ref envelope) && envelope.Kind != EnvelopeKind.Call)
        {
            owner.Conclude(envelope);
            return default;
        }

        return DispatchOne(message, kind);
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
            if (TFormat.HasBatches && JsonBatch.IsBatch(message))
            {
                return TryBypassBatch(message);
            }

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

    // A batch of nothing but answers to our requests: one of them may be what the lane waits for.
    private bool TryBypassBatch(ReadOnlySpan<byte> frame)
    {
        var envelope = default(Envelope);
        if (!JsonBatch.TryRead(frame, Connection.Options.MaxBatchMessages, ref envelope, out var members))
        {
            return false;
        }

        foreach (var member in members)
        {
            envelope = default;
            if (!dispatcher.Format.TryRead(frame[member], ref envelope) || envelope.Kind is not (EnvelopeKind.Reply or EnvelopeKind.Error))
            {
                return false;
            }
        }

        foreach (var member in members)
        {
            envelope = default;
            dispatcher.Format.TryRead(frame[member], ref envelope);
            Conclude(envelope);
        }

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
                request.Fail(new PeerErrorException(envelope.ErrorCode ?? "", envelope.ErrorMessage ?? "The peer answered with an error.")
                {
                    ErrorData = envelope.Payload.ToArray(),
                });
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
        Exception? failure = null;
        try
        {
            var sent = 0;
            await foreach (var item in items.WithCancellation(stream.Cancelled))
            {
                // Not every sequence looks at the token.
                stream.Cancelled.ThrowIfCancellationRequested();
                await SendPayload(EnvelopeKind.Next, stream.Id, call.ReplyTag, item, serializer, stream);
                if (++sent % StreamTurn == 0)
                {
                    await Task.Yield();
                }
            }

            if (HasEnvelope)
            {
                await SendComplete(stream, call.ReplyTag);
            }
        }
        catch (OperationCanceledException) when (stream.Cancelled.IsCancellationRequested)
        {
            // The peer has what it wanted, or is gone.
        }
        catch (Exception e)
        {
            failure = e;
            if (call.Resources.Context is not null)
            {
                // The filters see it before the peer does.
                stream.GiveUp();
                throw;
            }

            await Fail(stream.Id, e, stream);
        }
        finally
        {
            stream.Dispose();
            await call.Resources.ReleaseAsync(failure);
        }
    }

    private ValueTask AnswerUnreadable(in Envelope envelope)
    {
        var problem = envelope.Problem ?? "The message can't be read.";
        ConnectionLog.UnreadableMessage(Connection.Logger, Connection.Id, Connection.Entry.DisplayName, LogText.Of(problem));
        var kind = envelope.IsMalformed ? MessageErrorKind.Malformed : MessageErrorKind.InvalidMessage;
        if (!TryAnswer(envelope.Id, new MessageError { Kind = kind, Message = problem }))
        {
            Connection.Fail(WebSocketCloseCode.InvalidPayload, problem);
        }

        return default;
    }

    /// <summary>A handler failed: the peer gets an error, and unless the handler meant it the connection closes (W9).</summary>
    private ValueTask Fail(ReadOnlySpan<byte> id, Exception exception, MessageStream? stream = null)
    {
        if ((exception is OperationCanceledException && Connection.Closed.IsCancellationRequested) || Connection.IsOwnEnd(exception))
        {
            return default;
        }

        if ((exception as MessageException ?? Map(ref exception)) is { } intended)
        {
            AnswerIntended(id, intended, stream);
            return default;
        }

        if (exception is PayloadException unfit)
        {
            // A filter's word about a payload that has been read.
            Answer(id, MessageErrorKind.InvalidPayload, unfit.Message);
            return default;
        }

        if (!id.IsEmpty)
        {
            var detail = Connection.Options.IncludeErrorDetail ? exception.Message : "The server failed to handle the message.";
            TryAnswer(id, new MessageError { Kind = MessageErrorKind.Internal, Message = detail }, stream);
        }

        if (Batch is { } gathered)
        {
            // The connection closes when all of the batch has been answered.
            gathered.Failures.Add(exception);
            return default;
        }

        Connection.FailHandler(exception);
        return default;
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
            // The log has both.
            exception = new AggregateException(exception, e);
        }

        return null;
    }

    private void AnswerIntended(ReadOnlySpan<byte> id, MessageException intended, MessageStream? stream)
    {
        var data = MessageErrorData.Encode(Connection.Entry.Codec, intended.ErrorData);
        var failure = new MessageError { Kind = MessageErrorKind.Application, Code = intended.Code, Number = intended.Number, Message = intended.Message, Data = data };
        if (!TryAnswer(id, failure, stream))
        {
            // Without error replies the close is the only answer there is.
            Connection.Fail(WebSocketCloseCode.PolicyViolation, intended.Message);
        }
    }

    private bool TryAnswer(ReadOnlySpan<byte> id, in MessageError failure, MessageStream? stream = null)
    {
        var output = MessageWriter.Rent();
        if (!dispatcher.Format.WriteError(output, id, failure))
        {
            output.Return();
            return false;
        }

        if (output.Length == 0)
        {
            // The format has errors, and this one isn't told.
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

    // What the application says of its own accord, and its failures, are no errors of the peer.
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

    private ValueTask SendPayload<T>(
        EnvelopeKind kind, ReadOnlySpan<byte> id, int tag, T value, PayloadSerializer<T> serializer, MessageStream? stream = null)
    {
        var output = MessageWriter.Rent();
        try
        {
            var header = new MessageHeader { Kind = kind, Id = id, Tag = tag };
            dispatcher.Format.WriteStart(output, header);
            serializer.Write(output, value);
            dispatcher.Format.WriteEnd(output, header);
        }
        catch
        {
            output.Return();
            throw;
        }

        return Send(output, HasEnvelope ? dispatcher.Format.Kind : serializer.Kind, stream);
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
