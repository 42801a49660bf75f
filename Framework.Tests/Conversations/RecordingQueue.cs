using System.Text;
using System.Threading.Channels;

namespace UpgradeProtocols.Tests.Conversations;

/// <summary>
/// A queue that records its messages. A message "wait" holds it up until <see cref="Release"/>; replies to requests pass it.
/// </summary>
internal sealed class RecordingQueue : MessageQueue
{
    private readonly Channel<string> _messages = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RecordingQueue(Conversation conversation)
        : base(conversation) => Requests = new OutgoingRequests<JsonMessageFormat>(this);

    public OutgoingRequests<JsonMessageFormat> Requests { get; }

    protected override bool AwaitsReply => !Requests.IsEmpty;

    public void Release() => _release.TrySetResult();

    public async Task<string> NextAsync() => await _messages.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public bool TryNext(out string? message) => _messages.Reader.TryRead(out message);

    public override void WatchRequests(long step) => Requests.Watch(step);

    public override void EndConversations(CloseInfo close) => EndRequests(close);

    public override void EndRequests(CloseInfo close) => Requests.FailAll(close);

    protected override ValueTask DispatchAsync(ReadOnlySpan<byte> message, MessageKind kind)
    {
        if (Conversation.IsGivenUp)
        {
            return default;
        }

        var text = Encoding.UTF8.GetString(message);
        _messages.Writer.TryWrite(text);
        return text switch
        {
            "wait" => new ValueTask(_release.Task),
            "throw" => throw new InvalidOperationException("secret"),
            _ => default,
        };
    }

    protected override bool TryBypass(ReadOnlySpan<byte> message)
    {
        var envelope = default(MessageEnvelope);
        return default(JsonMessageFormat).TryRead(message, ref envelope)
            && envelope.Kind is EnvelopeKind.Reply or EnvelopeKind.Error
            && Requests.TryEnd(envelope);
    }
}
