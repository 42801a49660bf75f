using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>
/// The part of an upgraded connection that both sides have in common: the session, which reads; the outbound queue, which writes; and the end.
/// </summary>
internal sealed partial class Conversation(IConversationOwner owner) : IOutboundOwner
{
    private ConversationSession? _session;
    private Outbound? _outbound;

    public IConversationOwner Owner => owner;

    public string Id => owner.Id;

    public string DisplayName => owner.DisplayName;

    public ILogger Logger => owner.Logger;

    /// <summary>The current options. A caller that needs two related options reads this property once.</summary>
    public IConversationOptions Options => owner.Options;

    public ConnectionClock Clock => owner.Clock;

    public IConversationMeter Meter => owner.Meter;

    /// <summary>The session; null before the upgrade.</summary>
    public ConversationSession? Session => _session;

    public Outbound Outbound => _outbound ?? throw new InvalidOperationException(
        "Nothing can be sent yet: the connection isn't upgraded. Send from [OnConnected] on; a raw protocol without framing writes into its pipe.");

    /// <summary>Whether messages can be sent: not on a connection that is a pipe.</summary>
    public bool CanSend => _outbound is not null;

    /// <summary>The bytes of messages that wait to be sent.</summary>
    public long QueuedBytes => _outbound?.QueuedBytes ?? 0;

    bool IOutboundOwner.HasWaitingMessages => _session?.Queue is { HasWaiting: true };

    /// <summary>Returns when the writes of other threads in progress have finished. Later writers see that they can't write.</summary>
    public void AwaitWrites() => _outbound?.AwaitWrites();

    /// <summary>The connection is upgraded: from here on messages can be sent.</summary>
    /// <param name="session">Reads the connection.</param>
    /// <param name="outbound">Writes to it; null for a connection that is a pipe.</param>
    public void Open(ConversationSession session, Outbound? outbound)
    {
        _outbound = outbound;
        CloseInfo? close;
        lock (this)
        {
            _session = session;
            close = Close;
        }

        // The server stops, or the application has closed or aborted the connection before it was upgraded.
        if (close is { } early)
        {
            BeginClose(session, early, isFailure: false);
        }
    }

    void IOutboundOwner.CloseSlow()
    {
        ConversationLog.SlowConsumer(Logger, Id, DisplayName);
        BeginClose(WebSocketCloseCode.PolicyViolation, "The connection reads its messages too slowly.");
    }
}
