using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Distinguishes the kinds of dispatchers. Only a dispatcher knows its format and framing, and the code that dispatches doesn't know the
/// sessions that read the bytes.
/// </summary>
/// <typeparam name="TResult">The result for a connection.</typeparam>
internal interface IDispatcherVisitor<out TResult>
{
    /// <summary>The connection is a WebSocket.</summary>
    TResult VisitWebSocket(MessageProcessor messages);

    /// <summary>The connection has a raw protocol whose bytes are framed into messages.</summary>
    TResult VisitFramed<TFraming>(MessageProcessor messages, TFraming framing)
        where TFraming : struct, IMessageFraming;

    /// <summary>The connection has a raw protocol without framing.</summary>
    TResult VisitPipe(PipeDispatcher dispatcher);
}
