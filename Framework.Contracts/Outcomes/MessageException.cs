namespace UpgradeProtocols;

/// <summary>
/// A handler throws it to answer a message with an error. The format's error reply has the code, the message and the data, and the
/// connection stays open.
/// </summary>
/// <param name="code">The error code, for the peer's program, such as <c>room_full</c>.</param>
/// <param name="message">The description, for a person. It is sent to the peer.</param>
/// <param name="data">More about it; its type must be known to the protocol's <c>JsonSerializerContext</c>.</param>
/// <param name="innerException">The cause. It is not sent.</param>
public sealed class MessageException(string code, string message, object? data = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The error code, for the peer's program.</summary>
    public string Code { get; } = code;

    /// <summary>
    /// The code for formats whose codes are numbers (JSON-RPC 2.0 §5.1); where it is <see langword="null"/>, as by default,
    /// a <see cref="Code"/> of decimal digits stands for it.
    /// </summary>
    public int? Number { get; init; }

    /// <summary>More about it, or <see langword="null"/>.</summary>
    public object? ErrorData { get; } = data;
}
