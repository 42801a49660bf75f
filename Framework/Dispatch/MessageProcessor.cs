namespace UpgradeProtocols.Runtime;

/// <summary>The queue of a server's connection: it calls the methods of a handler.</summary>
internal abstract class MessageProcessor(UpgradeConnection connection, object handler) : MessageQueue(connection.Conversation)
{
    public UpgradeConnection Connection { get; } = connection;

    public abstract MessageDispatcher Dispatcher { get; }

    /// <summary>The connection's payload validators.</summary>
    public IPayloadValidator[] Validators { get; protected set; } = [];

    protected object Handler { get; } = handler;

    /// <summary>Sends a request and awaits the reply.</summary>
    public abstract ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, T payload, CancellationToken cancellationToken);

    /// <summary>Sends a reply in place of the handler, if the peer waits for one and has none yet.</summary>
    public abstract ValueTask ReplyAsync<T>(MessageContext context, T value, PayloadSerializer<T> serializer);
}
