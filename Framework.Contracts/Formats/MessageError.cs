namespace UpgradeProtocols;

/// <summary>Why a message is answered with an error.</summary>
public enum MessageErrorKind
{
    /// <summary>The handler said so: <see cref="MessageException"/>.</summary>
    Application,

    /// <summary>The message is not one of this format.</summary>
    InvalidMessage,

    /// <summary>The protocol has no message of this name or tag.</summary>
    UnknownMessage,

    /// <summary>The payload doesn't have the message's shape.</summary>
    InvalidPayload,

    /// <summary>The id is in use by a call that isn't answered yet, or the message needs one and has none.</summary>
    InvalidId,

    /// <summary>The peer may not send this message.</summary>
    Forbidden,

    /// <summary>The peer sends more than it may.</summary>
    LimitExceeded,

    /// <summary>The handler failed.</summary>
    Internal,

    /// <summary>The message is not of the syntax that the format is written in, such as JSON.</summary>
    Malformed,
}

/// <summary>An error reply to be written.</summary>
public readonly ref struct MessageError
{
    /// <summary>Why.</summary>
    public required MessageErrorKind Kind { get; init; }

    /// <summary>The application's code; <see langword="null"/> for the framework's own kinds, which each format names.</summary>
    public string? Code { get; init; }

    /// <summary>The application's code for formats whose codes are numbers, if it gave one.</summary>
    public int? Number { get; init; }

    /// <summary>The description of the error, for a person.</summary>
    public required string Message { get; init; }

    /// <summary>More about it, encoded; empty where there is none.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}
