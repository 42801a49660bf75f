using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Runs around every message of a message protocol, including messages that no method handles. A filter can refuse a message or reply
/// instead of the handler. <see cref="UpgradeProtocolsBuilder.AddMessageFilter{TFilter}"/> adds a filter; the first one added is the
/// outermost. A connection has one instance, created from the connection's services, unless the filter is registered as a singleton.
/// Without filters, messages have no extra cost.
/// </summary>
[SuppressMessage("Naming", "CA1716", Justification = "The parameter is named next, as in ASP.NET Core.")]
public interface IMessageFilter
{
    /// <summary>
    /// Runs around a message. An exception gets the same reply as a handler's exception: a <see cref="MessageException"/> gets its error
    /// reply. To refuse a message without a reply, return without calling <paramref name="next"/>.
    /// </summary>
    /// <param name="message">The message, valid until the task ends.</param>
    /// <param name="next">
    /// The next filter or, after the last filter, the handler. Its task ends when the message has been handled and its reply, or a stream's
    /// last item, has been sent. It throws the handler's exceptions. It is called at most once.
    /// </param>
    /// <returns>The filter's task.</returns>
    ValueTask InvokeAsync(MessageContext message, MessageFilterDelegate next);
}

/// <summary>The next step after a message filter.</summary>
/// <param name="message">The message.</param>
/// <returns>A task that ends when the message has been handled.</returns>
[SuppressMessage("Naming", "CA1711", Justification = "As EndpointFilterDelegate and RequestDelegate of ASP.NET Core.")]
public delegate ValueTask MessageFilterDelegate(MessageContext message);
