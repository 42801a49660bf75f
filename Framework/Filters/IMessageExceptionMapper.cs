namespace UpgradeProtocols;

/// <summary>
/// Turns exceptions of handlers, such as a store's "not found", into error replies, so that the handlers needn't. A singleton, added by
/// <see cref="UpgradeProtocolsBuilder.MapExceptions(IMessageExceptionMapper)"/>; the first that knows an exception decides.
/// </summary>
public interface IMessageExceptionMapper
{
    /// <summary>Maps what a method threw for a message, or while it streamed.</summary>
    /// <param name="exception">The exception; not a <see cref="MessageException"/>.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>
    /// The error reply, after which the connection goes on; or <see langword="null"/> for one that isn't known: it is logged, the peer gets
    /// the format's internal error, and the connection closes with 1011.
    /// </returns>
    MessageException? Map(Exception exception, UpgradeConnection connection);
}

/// <summary>A mapper that is one function.</summary>
internal sealed class ExceptionFunction(Func<Exception, MessageException?> map) : IMessageExceptionMapper
{
    public MessageException? Map(Exception exception, UpgradeConnection connection) => map(exception);
}
