namespace UpgradeProtocols;

/// <summary>Whether a message is text or bytes.</summary>
public enum MessageKind
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>Bytes without a declared meaning.</summary>
    Binary,
}
