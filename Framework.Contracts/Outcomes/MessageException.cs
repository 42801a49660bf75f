namespace UpgradeProtocols;

/// <summary>
/// The exception that a handler throws to answer a message with an error. The format's error reply carries the code, the message and
/// the data. The connection stays open.
/// </summary>
/// <param name="code">The machine-readable error code for the peer's program, such as <c>room_full</c>.</param>
/// <param name="message">The human-readable error message. It is sent to the peer.</param>
/// <param name="data">More details; the protocol's <c>JsonSerializerContext</c> must have its type.</param>
/// <param name="innerException">The cause. It is not sent.</param>
public sealed class MessageException(string code, string message, object? data = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The machine-readable error code for the peer's program.</summary>
    public string Code { get; } = code;

    /// <summary>
    /// The code for formats whose codes are numbers (JSON-RPC 2.0 §5.1). If it is <see langword="null"/>, the default, such a format
    /// uses a <see cref="Code"/> of decimal digits instead.
    /// </summary>
    public int? Number { get; init; }

    /// <summary>More details, or <see langword="null"/>.</summary>
    public object? ErrorData { get; } = data;
}
