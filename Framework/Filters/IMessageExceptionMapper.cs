namespace UpgradeProtocols;

/// <summary>
/// Maps exceptions of handlers, such as a store's "not found", to error replies, so that handlers don't have to. A singleton, added by
/// <see cref="UpgradeProtocolsBuilder.MapExceptions(IMessageExceptionMapper)"/>; the first mapper that returns a reply decides.
/// </summary>
public interface IMessageExceptionMapper
{
    /// <summary>Maps an exception that a method threw for a message or while it streamed.</summary>
    /// <param name="exception">The exception; not a <see cref="MessageException"/>.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>
    /// The error reply, after which the connection continues; or <see langword="null"/> for an unknown exception: it is logged, the peer
    /// gets the format's internal error, and the connection closes with 1011.
    /// </returns>
    MessageException? Map(Exception exception, UpgradeConnection connection);
}

/// <summary>A mapper that consists of one function.</summary>
internal sealed class ExceptionFunction(Func<Exception, MessageException?> map) : IMessageExceptionMapper
{
    public MessageException? Map(Exception exception, UpgradeConnection connection) => map(exception);
}
