namespace UpgradeProtocols;

/// <summary>The response of a path to a client that requests only undeclared subprotocols.</summary>
public enum SubprotocolMismatch
{
    /// <summary>400, with the path's subprotocols in the body.</summary>
    Refuse,

    /// <summary>The handshake is completed without a subprotocol and the connection closed with 1002, as OCPP-J asks.</summary>
    AcceptThenClose,
}
