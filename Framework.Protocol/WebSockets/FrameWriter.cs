using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>Writes frames: a server's are never masked, a client's always are (RFC 6455 §5.1).</summary>
internal static class FrameWriter
{
    public const int MaxHeaderSize = 2 + 8;

    // A client masks its payload in pieces of this size at least.
    private const int MinMaskedPiece = 4096;

    private const int MaxCloseReason = FrameHeader.MaxControlPayload - sizeof(ushort);

    /// <summary>Writes a frame's header and returns its size: 2, 4 or 10 bytes.</summary>
    public static int WriteHeader(Span<byte> destination, Opcode opcode, bool fin, bool rsv1, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        destination[0] = (byte)((fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | (byte)opcode);
        if (length < 126)
        {
            destination[1] = (byte)length;
            return 2;
        }

        if (length <= ushort.MaxValue)
        {
            destination[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
            return 4;
        }

        destination[1] = 127;
        BinaryPrimitives.WriteInt64BigEndian(destination[2..], length);
        return MaxHeaderSize;
    }

    /// <summary>Writes a message as one frame; a compressed payload is the output of permessage-deflate.</summary>
    public static void WriteMessage(IBufferWriter<byte> output, MessageKind kind, ReadOnlySpan<byte> payload, bool compressed = false, WebSocketRole role = WebSocketRole.Server) =>
        WriteFrame(output, kind == MessageKind.Text ? Opcode.Text : Opcode.Binary, fin: true, compressed, payload, role);

    public static void WritePing(IBufferWriter<byte> output, ReadOnlySpan<byte> payload, WebSocketRole role = WebSocketRole.Server) =>
        WriteControl(output, Opcode.Ping, payload, role);

    public static void WritePong(IBufferWriter<byte> output, ReadOnlySpan<byte> payload, WebSocketRole role = WebSocketRole.Server) =>
        WriteControl(output, Opcode.Pong, payload, role);

    /// <summary>
    /// Writes a Close; 1005 means a Close without a code. A reason too long for the frame is truncated between characters.
    /// </summary>
    public static void WriteClose(
        IBufferWriter<byte> output, ushort code, ReadOnlySpan<char> reason = default, WebSocketRole role = WebSocketRole.Server)
    {
        if (code == WebSocketCloseCode.NoStatusReceived)
        {
            WriteControl(output, Opcode.Close, [], role);
            return;
        }

        if (!WebSocketCloseCode.IsValidOnWire(code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "A Close frame can't have this code.");
        }

        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Utf8.FromUtf16(reason, payload.Slice(sizeof(ushort), MaxCloseReason), out _, out var written);
        WriteControl(output, Opcode.Close, payload[..(sizeof(ushort) + written)], role);
    }

    public static void WriteFrame(
        IBufferWriter<byte> output, Opcode opcode, bool fin, bool rsv1, ReadOnlySpan<byte> payload, WebSocketRole role = WebSocketRole.Server)
    {
        Span<byte> head = stackalloc byte[FrameHeader.MaxSize];
        var size = WriteHeader(head, opcode, fin, rsv1, payload.Length);
        if (role == WebSocketRole.Server)
        {
            PrefixedMessage.Write(output, head[..size], payload);
            return;
        }

        var key = MaskingKeys.Next();
        head[1] |= 0x80;
        FrameMask.WriteKey(head[size..], key);
        output.Write(head[..(size + FrameHeader.KeySize)]);
        WriteMasked(output, payload, key);
    }

    private static void WriteMasked(IBufferWriter<byte> output, ReadOnlySpan<byte> payload, uint key)
    {
        while (!payload.IsEmpty)
        {
            var span = output.GetSpan(Math.Min(payload.Length, MinMaskedPiece));
            var piece = Math.Min(payload.Length, span.Length);
            key = FrameMask.Apply(payload[..piece], span[..piece], key);
            output.Advance(piece);
            payload = payload[piece..];
        }
    }

    private static void WriteControl(IBufferWriter<byte> output, Opcode opcode, ReadOnlySpan<byte> payload, WebSocketRole role)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameHeader.MaxControlPayload);
        WriteFrame(output, opcode, fin: true, rsv1: false, payload, role);
    }
}
