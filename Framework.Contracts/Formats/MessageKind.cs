namespace UpgradeProtocols;

/// <summary>The two kinds of WebSocket messages (RFC 6455 §5.6).</summary>
public enum MessageKind
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Binary,
}
