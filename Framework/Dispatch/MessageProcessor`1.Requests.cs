namespace UpgradeProtocols.Runtime;

/// <content>Requests to the peer, and its replies.</content>
internal sealed partial class MessageProcessor<TFormat>
{
    private OutgoingRequests<TFormat>? _requests;

    protected override bool AwaitsReply => _requests is { IsEmpty: false };

    private OutgoingRequests<TFormat> Requests =>
        _requests ?? Interlocked.CompareExchange(ref _requests, new OutgoingRequests<TFormat>(this), null) ?? _requests;

    public override void EndRequests(CloseInfo close) => _requests?.FailAll(close);

    public override void WatchRequests(long step) => _requests?.Watch(step);

    public override ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, T payload, CancellationToken cancellationToken)
    {
        var entry = Connection.Entry;
        var codec = entry.Codec ?? throw new InvalidOperationException($"{entry.DisplayName} has no codec for {typeof(TReply)}.");
        return Requests.SendAsync(
            (Method: method, Entry: entry, Payload: payload),
            static (output, id, request) => request.Method.Write(output, request.Entry, request.Payload, id),
            codec.GetSerializer<TReply>(),
            cancellationToken);
    }

    private void EndRequest(in MessageEnvelope envelope)
    {
        if (_requests?.TryEnd(envelope) != true)
        {
            OutgoingRequests<TFormat>.LogUnexpected(Conversation, envelope);
        }
    }
}
