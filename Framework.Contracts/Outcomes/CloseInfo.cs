namespace UpgradeProtocols;

/// <summary>How a connection ended.</summary>
/// <param name="Code">
/// The close code (RFC 6455 §7.4): 1000 for a normal end, 1005 when the peer's Close had none, 1006 when the connection
/// was lost without a Close. A raw protocol sends no code, and has the one that says why it ended: 1000 where either side
/// ended it, 1006 where it was lost or the peer ended inside a message, 1001 where the server stops, and where the server had to
/// end it 1002 (framed wrongly), 1007 (no valid UTF-8), 1008 (too slow or too fast), 1009 (too large) or 1011 (the handler failed).
/// </param>
/// <param name="Reason">The reason that was given, or an empty string.</param>
/// <param name="Initiator">Who ended it.</param>
public readonly record struct CloseInfo(int Code, string Reason, CloseInitiator Initiator)
{
    /// <summary>Whether the connection was lost: it ended without a closing handshake.</summary>
    public bool IsAbnormal => Code == 1006;
}
