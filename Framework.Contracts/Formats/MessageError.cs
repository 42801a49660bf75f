namespace UpgradeProtocols;

/// <summary>The reason for an error reply.</summary>
public enum MessageErrorKind
{
    /// <summary>The handler threw a <see cref="MessageException"/>.</summary>
    Application,

    /// <summary>The message is not valid in this format.</summary>
    InvalidMessage,

    /// <summary>The protocol has no message with this name or tag.</summary>
    UnknownMessage,

    /// <summary>The payload doesn't have the message's shape.</summary>
    InvalidPayload,

    /// <summary>A call in progress already uses the id, or the message needs an id and has none.</summary>
    InvalidId,

    /// <summary>The peer is not allowed to send this message.</summary>
    Forbidden,

    /// <summary>The peer exceeds a limit.</summary>
    LimitExceeded,

    /// <summary>The handler failed.</summary>
    Internal,

    /// <summary>The message violates the format's underlying syntax, such as JSON.</summary>
    Malformed,

    /// <summary>The peer has cancelled the call.</summary>
    Cancelled,
}

/// <summary>The content of an error reply.</summary>
public readonly ref struct MessageError
{
    /// <summary>The reason for the error.</summary>
    public required MessageErrorKind Kind { get; init; }

    /// <summary>The application's code; <see langword="null"/> for the framework's own kinds, for which each format has a code.</summary>
    public string? Code { get; init; }

    /// <summary>The application's code for formats whose codes are numbers, if the application set one.</summary>
    public int? Number { get; init; }

    /// <summary>The human-readable error message.</summary>
    public required string Message { get; init; }

    /// <summary>The tag of the message that failed, in formats with numeric tags.</summary>
    public int Tag { get; init; }

    /// <summary>More details, encoded; empty if there are none.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}
