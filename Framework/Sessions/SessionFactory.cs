using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Creates the session that reads a connection's bytes and calls its handler.</summary>
internal sealed class SessionFactory : IDispatcherVisitor<ConnectionSession>
{
    private static readonly SessionFactory s_instance = new();

    public static ConnectionSession Create(UpgradeConnection connection, object handler) =>
        connection.Entry.Dispatcher.Accept(s_instance, connection, handler);

    public ConnectionSession VisitWebSocket(UpgradeConnection connection, object handler, MessageProcessor messages) =>
        new WebSocketSession(connection, messages, handler);

    public ConnectionSession VisitFramed<TFraming>(UpgradeConnection connection, object handler, MessageProcessor messages, TFraming framing)
        where TFraming : struct, IMessageFraming =>
        new FramedSession<TFraming>(connection, messages, handler, framing);

    public ConnectionSession VisitPipe(UpgradeConnection connection, object handler, PipeDispatcher dispatcher) =>
        new PipeSession(connection, dispatcher, handler);
}
