using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>Converts outgoing messages to the bytes of their transport: WebSocket frames, or a raw protocol's framing.</summary>
internal abstract class OutboundFraming
{
    public abstract void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload);

    /// <summary>
    /// Throws the exception that <see cref="WriteMessage"/> would throw. It runs before a message is queued, so that the sender gets the
    /// exception and not the thread that empties the queue.
    /// </summary>
    public virtual void Check(ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>Writes a control frame, where the transport has control frames.</summary>
    public virtual void WriteControl(PipeWriter output, in ControlFrame frame)
    {
    }
}

/// <summary>A control frame (RFC 6455 §5.5).</summary>
internal readonly record struct ControlFrame(ControlFrameKind Kind, ReadOnlyMemory<byte> Payload, ushort Code = 0, string Reason = "");

internal enum ControlFrameKind
{
    Ping,
    Pong,
    Close,
}

/// <summary>WebSocket frames without compression.</summary>
internal class WebSocketFraming : OutboundFraming
{
    private static readonly WebSocketFraming s_server = new(WebSocketRole.Server);
    private static readonly WebSocketFraming s_client = new(WebSocketRole.Client);

    private readonly WebSocketRole _role;

    protected WebSocketFraming(WebSocketRole role) => _role = role;

    /// <summary>The framing of one side's messages.</summary>
    public static WebSocketFraming Of(WebSocketRole role) => role == WebSocketRole.Server ? s_server : s_client;

    public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload) =>
        FrameWriter.WriteMessage(output, kind, payload, compressed: false, _role);

    public override void WriteControl(PipeWriter output, in ControlFrame frame)
    {
        switch (frame.Kind)
        {
            case ControlFrameKind.Ping:
                FrameWriter.WritePing(output, frame.Payload.Span, _role);
                break;
            case ControlFrameKind.Pong:
                FrameWriter.WritePong(output, frame.Payload.Span, _role);
                break;
            default:
                FrameWriter.WriteClose(output, frame.Code, frame.Reason, _role);
                break;
        }
    }
}

internal sealed class RawFraming<TFraming>(TFraming framing) : OutboundFraming
    where TFraming : struct, IMessageFraming
{
    public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload) => framing.Write(output, payload);

    public override void Check(ReadOnlySpan<byte> payload)
    {
        var scratch = MessageWriter.Rent();
        try
        {
            framing.Write(scratch, payload);
        }
        finally
        {
            scratch.Return();
        }
    }
}
