using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>Writes a server's frames, which are never masked (RFC 6455 §5.1).</summary>
internal static class FrameWriter
{
    public const int MaxHeaderSize = 2 + 8;

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
    public static void WriteMessage(IBufferWriter<byte> output, MessageKind kind, ReadOnlySpan<byte> payload, bool compressed = false) =>
        WriteFrame(output, kind == MessageKind.Text ? Opcode.Text : Opcode.Binary, fin: true, compressed, payload);

    public static void WritePing(IBufferWriter<byte> output, ReadOnlySpan<byte> payload) => WriteControl(output, Opcode.Ping, payload);

    public static void WritePong(IBufferWriter<byte> output, ReadOnlySpan<byte> payload) => WriteControl(output, Opcode.Pong, payload);

    /// <summary>
    /// Writes a Close; 1005 means a Close without a code. A reason too long for the frame is truncated between characters.
    /// </summary>
    public static void WriteClose(IBufferWriter<byte> output, ushort code, ReadOnlySpan<char> reason = default)
    {
        if (code == WebSocketCloseCode.NoStatusReceived)
        {
            WriteControl(output, Opcode.Close, []);
            return;
        }

        if (!WebSocketCloseCode.IsValidOnWire(code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "A Close frame can't have this code.");
        }

        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Utf8.FromUtf16(reason, payload.Slice(sizeof(ushort), MaxCloseReason), out _, out var written);
        WriteControl(output, Opcode.Close, payload[..(sizeof(ushort) + written)]);
    }

    public static void WriteFrame(IBufferWriter<byte> output, Opcode opcode, bool fin, bool rsv1, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[MaxHeaderSize];
        var size = WriteHeader(head, opcode, fin, rsv1, payload.Length);
        PrefixedMessage.Write(output, head[..size], payload);
    }

    private static void WriteControl(IBufferWriter<byte> output, Opcode opcode, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameHeader.MaxControlPayload);
        WriteFrame(output, opcode, fin: true, rsv1: false, payload);
    }
}
