namespace UpgradeProtocols;

/// <summary>What a path answers when the client asks for subprotocols and none of them is declared.</summary>
public enum SubprotocolMismatch
{
    /// <summary>400, with the path's subprotocols in the body.</summary>
    Refuse,

    /// <summary>The handshake is completed without a subprotocol and the connection closed with 1002, as OCPP-J asks.</summary>
    AcceptThenClose,
}
