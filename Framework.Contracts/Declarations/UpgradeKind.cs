namespace UpgradeProtocols;

/// <summary>The kind of an upgraded connection.</summary>
public enum UpgradeKind
{
    /// <summary>A WebSocket (RFC 6455); the protocol's name is the subprotocol.</summary>
    WebSocket,

    /// <summary>A bidirectional byte stream (RFC 9110 §7.8); the protocol's name is the Upgrade token.</summary>
    Raw,
}
