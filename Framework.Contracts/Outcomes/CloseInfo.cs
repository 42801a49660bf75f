namespace UpgradeProtocols;

/// <summary>How a connection ended.</summary>
/// <param name="Code">
/// The close code (RFC 6455 §7.4): 1000 for a normal end, 1005 when the peer's Close had none, 1006 when the connection
/// was lost without a Close. Raw protocols have 1000 or 1006.
/// </param>
/// <param name="Reason">The reason that was given, or an empty string.</param>
/// <param name="Initiator">Who ended it.</param>
public readonly record struct CloseInfo(int Code, string Reason, CloseInitiator Initiator)
{
    /// <summary>Whether the connection was lost: it ended without a closing handshake.</summary>
    public bool IsAbnormal => Code == 1006;
}
