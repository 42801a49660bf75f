using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Runs around every message of a protocol of messages, those that no method takes included: to refuse it, or to answer in the handler's
/// place. <see cref="UpgradeProtocolsBuilder.AddMessageFilter{TFilter}"/> adds one; the first that was
/// added is the outermost. A connection has one instance of it, made from the connection's services, unless it is registered as a
/// singleton. Where there are none, messages cost nothing more.
/// </summary>
[SuppressMessage("Naming", "CA1716", Justification = "What comes next is called next, here as in ASP.NET Core.")]
public interface IMessageFilter
{
    /// <summary>
    /// Runs around a message. An exception is answered as one of the handler's is: <see cref="MessageException"/> with its error reply.
    /// To refuse a message without an answer, return without calling <paramref name="next"/>.
    /// </summary>
    /// <param name="message">The message, valid until the task ends.</param>
    /// <param name="next">
    /// The next filter, and in the end the handler. Its task ends when the message has been handled, its reply sent and a stream's last
    /// item too; it throws what the handler throws. It is called once at most.
    /// </param>
    /// <returns>The filter's task.</returns>
    ValueTask InvokeAsync(MessageContext message, MessageFilterDelegate next);
}

/// <summary>What comes after a filter of messages.</summary>
/// <param name="message">The message.</param>
/// <returns>A task that ends when the message has been handled.</returns>
[SuppressMessage("Naming", "CA1711", Justification = "As EndpointFilterDelegate and RequestDelegate of ASP.NET Core.")]
public delegate ValueTask MessageFilterDelegate(MessageContext message);
