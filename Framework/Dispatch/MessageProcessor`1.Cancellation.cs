namespace UpgradeProtocols.Runtime;

/// <content>The peer's cancellations of calls and streams. They pass the serial queue.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private const string CancelledText = "The call was cancelled.";

    private ActiveCalls? _calls;

    private ActiveCalls Calls => _calls ?? Interlocked.CompareExchange(ref _calls, new ActiveCalls(Conversation), null) ?? _calls;

    /// <summary>Registers a call that the peer can cancel from now on.</summary>
    public ActiveCall BeginCall(ReadOnlySpan<byte> id) => Calls.Begin(id);

    protected override void Started() => _calls?.ForgetEarly();

    // The names of the formats' cancellations, in the bytes of a message: most messages are recognized as others without being parsed.
    private static bool MayBeCancellation(ReadOnlySpan<byte> message) =>
        typeof(TFormat) == typeof(JsonMessageFormat) || typeof(TFormat) == typeof(FlatJsonMessageFormat) ? MayContain(message, "complete"u8)
        : typeof(TFormat) == typeof(JsonRpcMessageFormat) ? MayContain(message, JsonRpcReader.CancelRequest)
        : TFormat.RepliesNeedId;

    // Any character of a JSON string may be escaped.
    private static bool MayContain(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name) => message.IndexOf(name) >= 0 || message.Contains((byte)'\\');

    /// <summary>Cancels a call or a stream; returns whether the cancellation has taken effect, or can't have any.</summary>
    private bool TryCancel(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty || TryCancelRunning(id))
        {
            return true;
        }

        var key = id.ToArray();
        switch (SearchWaiting(message => IsCallWithId(message.Bytes, key), out var removed))
        {
            case WaitingSearch.Removed:
                BufferPool<byte>.Shared.Return(removed.Buffer);
                ReadOn();
                AnswerCancelled(id, default);
                return true;
            case WaitingSearch.NotSearched:
                return false;
            case WaitingSearch.MayBeStarting:
                Calls.CancelEarly(id);
                if (!IsStarting)
                {
                    // Meanwhile the method has been called: a later call with this id must not find the note.
                    Calls.ForgetEarly();
                }

                break;
        }

        // A message that waited a moment ago may run now. A call that has just ended isn't found, which is correct: its answer and the
        // cancellation cross on the wire.
        TryCancelRunning(id);
        return true;
    }

    private bool TryCancelRunning(ReadOnlySpan<byte> id)
    {
        if (_streams?.TryCancel(id) == true)
        {
            // The peer may reuse the id of a stream at once.
            _calls?.Release(id);
            return true;
        }

        return _calls?.TryCancel(id) == true;
    }

    private bool IsCallWithId(ReadOnlySpan<byte> message, ReadOnlySpan<byte> id)
    {
        var envelope = default(MessageEnvelope);
        return message.IndexOf(id) >= 0
            && !(TFormat.HasBatches && JsonBatch.IsBatch(message))
            && IsReadable(message, ref envelope)
            && envelope.Kind == EnvelopeKind.Call
            && envelope.Id.SequenceEqual(id);
    }

    private bool IsReadable(ReadOnlySpan<byte> message, ref MessageEnvelope envelope)
    {
        try
        {
            return dispatcher.Format.TryRead(message, ref envelope);
        }
        catch (Exception)
        {
            // A custom format may throw. The message fails when its turn comes.
            return false;
        }
    }

    private void AnswerCancelled(ReadOnlySpan<byte> id, in AnswerPath path, MessageStream? stream = null) =>
        TryAnswer(id, new MessageError { Kind = MessageErrorKind.Cancelled, Message = CancelledText }, path, stream);
}
