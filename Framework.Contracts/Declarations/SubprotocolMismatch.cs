namespace UpgradeProtocols;

/// <summary>The response of a path when the client offers subprotocols and none of them is declared.</summary>
public enum SubprotocolMismatch
{
    /// <summary>The server refuses with 400 and lists the path's subprotocols in the body.</summary>
    Refuse,

    /// <summary>The server completes the handshake without a subprotocol and closes the connection with 1002, as OCPP-J requires.</summary>
    AcceptThenClose,
}
