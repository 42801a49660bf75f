namespace UpgradeProtocols;

/// <summary>The end of a connection.</summary>
/// <param name="Code">
/// The close code (RFC 6455 §7.4): 1000 for a normal end, 1005 if the peer's Close had no code, 1006 if the connection was lost without a
/// Close. A raw protocol sends no code. Its code describes the end: 1000 if either side closed it, 1006 if it was lost or the peer closed it
/// within a message, 1001 if the server stops, and if the server had to close it: 1002 (invalid framing), 1007 (invalid UTF-8), 1008 (too
/// slow or too fast), 1009 (too large) or 1011 (the handler failed).
/// </param>
/// <param name="Reason">The reason, or an empty string.</param>
/// <param name="Initiator">The side that ended the connection.</param>
public readonly record struct CloseInfo(int Code, string Reason, CloseInitiator Initiator)
{
    /// <summary>Whether the connection was lost: it ended without a closing handshake.</summary>
    public bool IsAbnormal => Code == 1006;
}
