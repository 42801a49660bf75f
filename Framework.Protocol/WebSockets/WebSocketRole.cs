namespace UpgradeProtocols;

/// <summary>A side of a WebSocket connection. It decides who masks frames (RFC 6455 §5.1) and which deflate window applies (RFC 7692 §7.1).</summary>
internal enum WebSocketRole
{
    /// <summary>The side that accepted the handshake. It sends unmasked frames and receives masked ones.</summary>
    Server,

    /// <summary>The side that opened the connection. It sends masked frames and receives unmasked ones.</summary>
    Client,
}
