namespace UpgradeProtocols;

/// <summary>What an <see cref="IMessageFraming"/> found at the beginning of the bytes it was given.</summary>
public enum FramingResult
{
    /// <summary>No whole message yet: call again when there are more bytes.</summary>
    NeedMore,

    /// <summary>A whole message.</summary>
    Message,

    /// <summary>The message is larger than allowed. The connection can't go on.</summary>
    TooLarge,

    /// <summary>The bytes can't be a message of this framing. The connection can't go on.</summary>
    Malformed,
}
