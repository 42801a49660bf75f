using System.Buffers.Binary;

namespace UpgradeProtocols;

/// <summary>The header of a frame (RFC 6455 §5.2): its first two bytes determine its size.</summary>
internal readonly struct FrameHeader(byte first, byte second)
{
    /// <summary>The maximum size: two bytes, a 64-bit length and the masking key.</summary>
    public const int MaxSize = 2 + 8 + KeySize;

    public const int MaxControlPayload = 125;

    public const int KeySize = 4;

    public bool Fin => (first & 0x80) != 0;

    /// <summary>Means "compressed" if permessage-deflate was agreed (RFC 7692 §6); otherwise it must be 0.</summary>
    public bool Rsv1 => (first & 0x40) != 0;

    public Opcode Opcode => (Opcode)(first & 0x0F);

    public bool IsControl => (first & 0x08) != 0;

    /// <summary>The size of the whole header, including the masking key if there is one.</summary>
    public int Size => 2 + LengthSize + KeyLength;

    /// <summary>The masking key's size; 0 if the frame isn't masked.</summary>
    public int KeyLength => (second & 0x80) != 0 ? KeySize : 0;

    private int ShortLength => second & 0x7F;

    private int LengthSize => ShortLength switch { 127 => 8, 126 => 2, _ => 0 };

    /// <summary>The rule that the first two bytes violate, independent of earlier frames; null if they violate none.</summary>
    /// <param name="reader">The side that reads the frame.</param>
    public string? Fault(WebSocketRole reader)
    {
        if ((first & 0x30) != 0)
        {
            return "RSV2 and RSV3 must be 0: no extension that uses them was negotiated.";
        }

        if (Opcode is not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong))
        {
            return "The frame's opcode is a reserved one.";
        }

        switch (reader)
        {
            case WebSocketRole.Server when KeyLength == 0:
                return "A client must mask every frame.";
            case WebSocketRole.Client when KeyLength > 0:
                return "A server must not mask a frame.";
        }

        return IsControl ? ControlFault() : null;
    }

    /// <summary>
    /// Reads the payload length; returns false while its bytes are incomplete. The fault describes an unacceptable length; otherwise it is
    /// null.
    /// </summary>
    public bool TryReadLength(ReadOnlySpan<byte> head, out long length, out string? fault)
    {
        length = ShortLength;
        fault = null;
        if (head.Length < 2 + LengthSize)
        {
            return false;
        }

        if (LengthSize == 2)
        {
            length = BinaryPrimitives.ReadUInt16BigEndian(head[2..]);
            fault = length < 126 ? NotMinimal : null;
        }
        else if (LengthSize == 8)
        {
            length = BinaryPrimitives.ReadInt64BigEndian(head[2..]);
            fault = length < 0 ? "The top bit of a 64-bit payload length must be 0." : length <= ushort.MaxValue ? NotMinimal : null;
        }

        return true;
    }

    /// <summary>The masking key; 0, which changes nothing, if the frame isn't masked.</summary>
    public uint ReadKey(ReadOnlySpan<byte> head) => KeyLength == 0 ? 0 : FrameMask.ReadKey(head.Slice(Size - KeySize, KeySize));

    private const string NotMinimal = "A payload length must be written in as few bytes as possible.";

    private string? ControlFault()
    {
        if (!Fin)
        {
            return "A control frame must not be fragmented.";
        }

        if (Rsv1)
        {
            return "RSV1 must be 0 on a control frame.";
        }

        return ShortLength > MaxControlPayload ? "A control frame's payload must be 125 bytes or fewer." : null;
    }
}
