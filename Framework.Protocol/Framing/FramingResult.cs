namespace UpgradeProtocols;

/// <summary>The result of looking for a message at the beginning of a buffer, see <see cref="IMessageFraming"/>.</summary>
public enum FramingResult
{
    /// <summary>No whole message yet: call again when there are more bytes.</summary>
    NeedMore,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>The message is larger than allowed. The connection can't continue.</summary>
    TooLarge,

    /// <summary>The bytes can't be a message of this framing. The connection can't continue.</summary>
    Malformed,
}
