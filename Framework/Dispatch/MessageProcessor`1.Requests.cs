using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <content>Requests to the peer, and its replies.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private PendingRequests? _requests;
    private volatile StrongBox<CloseInfo>? _requestsEnded;

    protected override bool AwaitsReply => _requests is { IsEmpty: false };

    private PendingRequests Requests => LazyInitializer.EnsureInitialized(ref _requests);

    public override void EndRequests(CloseInfo close)
    {
        _requestsEnded ??= new StrongBox<CloseInfo>(close);
        _requests?.FailAll(close);
    }

    public override void WatchRequests(long step)
    {
        if (AwaitsReply && Connection.Options.RequestTimeout is var timeout && timeout != Timeout.InfiniteTimeSpan)
        {
            _requests!.Watch(step, timeout);
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

        var turn = Requests.Turn;
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
                // The caller has stopped waiting: a later exception counts as observed.
                _ = answer.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
    }

    private async Task<TReply> AskAsync<T, TReply>(PushMethod<T> method, T payload, PendingRequest<TReply> request, CancellationToken cancellationToken)
    {
        var number = Requests.Add(request);
        try
        {
            // The end of the connection is recorded before its requests fail: either this check sees it, or the end sees this request.
            ThrowIfNoReplyCanCome();
            SendRequest(method, payload, number);
            ReadOn();
            return await request.Reply.WaitAsync(cancellationToken);
        }
        finally
        {
            Requests.TryRemove(number, out _);
        }
    }

    // A caller that stops waiting doesn't end the request: the peer still works on it, and the next request waits for its end.
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

    // Doesn't wait for room in the queue: the caller waits for the reply, and the timeout limits both.
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

    private void ThrowIfNoReplyCanCome()
    {
        if ((Connection.Close ?? _requestsEnded?.Value) is { } close)
        {
            throw new ConnectionClosedException(close);
        }
    }

    private void LogUnexpected(in MessageEnvelope envelope) =>
        ConnectionLog.UnexpectedReply(Connection.Logger, Connection.Id, LogText.Of(Encoding.UTF8.GetString(envelope.Id)));

    private void EndRequest(in MessageEnvelope envelope)
    {
        if (!TFormat.TryParseRequestId(envelope.Id, out var number) || _requests is not { } requests || !requests.TryRemove(number, out var request))
        {
            LogUnexpected(envelope);
            return;
        }

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
    }
}
