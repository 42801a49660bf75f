using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Compresses messages as they are written (RFC 7692). With context takeover each message refers to those before it on the wire, so
/// a message is compressed when it leaves the queue, not when it enters.
/// </summary>
internal sealed class DeflatingFraming(MessageDeflater deflater, WebSocketRole role) : WebSocketFraming(role)
{
    public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload) =>
        deflater.WriteMessage(output, kind, payload);
}
