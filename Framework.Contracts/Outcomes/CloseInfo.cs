namespace UpgradeProtocols;

/// <summary>The end of a connection.</summary>
/// <param name="Code">
/// The close code (RFC 6455 §7.4): 1000 for a normal end, 1005 if the peer's Close frame had no code, 1006 if the connection
/// was lost without a Close frame. A raw protocol sends no code; its code is the reason for the end: 1000 if either side
/// ended it, 1006 if it was lost or the peer ended it inside a message, 1001 if the server stops. If the server had to end it, the
/// code is 1002 (invalid framing), 1007 (invalid UTF-8), 1008 (too slow or too fast), 1009 (too large) or 1011 (the handler failed).
/// </param>
/// <param name="Reason">The close reason, or an empty string.</param>
/// <param name="Initiator">The side that ended the connection.</param>
public readonly record struct CloseInfo(int Code, string Reason, CloseInitiator Initiator)
{
    /// <summary>Whether the connection was lost: it ended without a closing handshake.</summary>
    public bool IsAbnormal => Code == 1006;
}
