namespace UpgradeProtocols;

/// <summary>
/// Thrown by a handler to answer a message with an error: the format's error reply carries the code, the message and
/// the data, and the connection goes on.
/// </summary>
/// <param name="code">What went wrong, for the peer's program, such as <c>room_full</c>.</param>
/// <param name="message">What went wrong, for a person. It is sent to the peer.</param>
/// <param name="data">More about it; its type must be known to the protocol's <c>JsonSerializerContext</c>.</param>
/// <param name="innerException">The cause. It is not sent.</param>
public sealed class MessageException(string code, string message, object? data = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What went wrong, for the peer's program.</summary>
    public string Code { get; } = code;

    /// <summary>
    /// The code for formats whose codes are numbers (JSON-RPC 2.0 §5.1); where it is <see langword="null"/>, as by default,
    /// a <see cref="Code"/> of decimal digits stands for it.
    /// </summary>
    public int? Number { get; init; }

    /// <summary>More about it, or <see langword="null"/>.</summary>
    public object? ErrorData { get; } = data;
}
