using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>Writes a protocol's messages in its format, for pushes and broadcasts.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class MessageDispatcher : HandlerDispatcher
{
    private protected MessageDispatcher()
    {
    }

    internal abstract MessageKind? FormatKind { get; }

    internal abstract void WriteStart(MessageWriter output, in MessageHeader header);

    internal abstract void WriteNoPayload(MessageWriter output);

    internal abstract void WriteEnd(MessageWriter output, in MessageHeader header);

    internal abstract int FormatRequestId(long id, Span<byte> destination);

    internal abstract bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope);
}

/// <summary>Calls the handler of a protocol of messages. Generated; one instance serves all connections.</summary>
/// <typeparam name="TFormat">The message format.</typeparam>
/// <param name="format">The message format.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
#pragma warning disable RS0022 // The base can't be derived elsewhere, and has no protected members to expose.
public abstract class MessageDispatcher<TFormat>(TFormat format) : MessageDispatcher
#pragma warning restore RS0022
    where TFormat : struct, IMessageFormat
{
    internal TFormat Format { get; } = format;

    // Without an envelope the payload decides between text and binary.
    internal sealed override MessageKind? FormatKind => TFormat.RepliesNeedId || typeof(TFormat) != typeof(RawMessageFormat) ? Format.Kind : null;

    /// <summary>Calls the method for the message.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="message">The message.</param>
    /// <returns>A task that ends when the next message may be dispatched.</returns>
    public abstract ValueTask DispatchAsync(object handler, ref MessageCall<TFormat> message);

    internal override TResult Accept<TResult>(IDispatcherVisitor<TResult> visitor, UpgradeConnection connection, object handler) =>
        visitor.VisitWebSocket(new MessageProcessor<TFormat>(connection, this, handler));

    internal sealed override void WriteStart(MessageWriter output, in MessageHeader header) => Format.WriteStart(output, header);

    internal sealed override void WriteNoPayload(MessageWriter output) => Format.WriteNoPayload(output);

    internal sealed override void WriteEnd(MessageWriter output, in MessageHeader header) => Format.WriteEnd(output, header);

    internal sealed override bool TryRead(ReadOnlySpan<byte> message, ref MessageEnvelope envelope) => Format.TryRead(message, ref envelope);

    internal sealed override int FormatRequestId(long id, Span<byte> destination) => TFormat.FormatRequestId(id, destination);
}

/// <summary>Calls the handler of a raw protocol whose bytes are framed into messages. Generated.</summary>
/// <typeparam name="TFormat">The message format.</typeparam>
/// <typeparam name="TFraming">How messages are delimited.</typeparam>
/// <param name="format">The message format.</param>
/// <param name="framing">How messages are delimited.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class FramedMessageDispatcher<TFormat, TFraming>(TFormat format, TFraming framing) : MessageDispatcher<TFormat>(format)
    where TFormat : struct, IMessageFormat
    where TFraming : struct, IMessageFraming
{
    internal sealed override TResult Accept<TResult>(IDispatcherVisitor<TResult> visitor, UpgradeConnection connection, object handler) =>
        visitor.VisitFramed(new MessageProcessor<TFormat>(connection, this, handler), framing);
}
