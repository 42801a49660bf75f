using System.Buffers.Binary;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>Builds valid and invalid client frames byte by byte, without the code under test.</summary>
internal static class ClientFrames
{
    public static readonly byte[] Key = [0x37, 0xFA, 0x21, 0x3D];

    /// <param name="opcode">The four opcode bits.</param>
    /// <param name="payload">The unmasked payload.</param>
    /// <param name="fin">The FIN bit.</param>
    /// <param name="rsv">The three reserved bits: 4 is RSV1.</param>
    /// <param name="masked">Whether the mask bit is set and the payload masked.</param>
    /// <param name="lengthSize">The number of extended length bytes: 0, 2 or 8; the fewest by default.</param>
    /// <param name="key">The masking key of four bytes.</param>
    public static byte[] Frame(
        int opcode,
        ReadOnlySpan<byte> payload,
        bool fin = true,
        int rsv = 0,
        bool masked = true,
        int? lengthSize = null,
        byte[]? key = null)
    {
        key ??= Key;
        var frame = new List<byte>();
        frame.Add((byte)((fin ? 0x80 : 0) | (rsv << 4) | opcode));
        AddLength(frame, payload.Length, masked, lengthSize);
        if (masked)
        {
            frame.AddRange(key);
        }

        for (var i = 0; i < payload.Length; i++)
        {
            frame.Add(masked ? (byte)(payload[i] ^ key[i % 4]) : payload[i]);
        }

        return [.. frame];
    }

    public static byte[] Text(string text, bool fin = true) => Frame(1, System.Text.Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Join(params IEnumerable<byte[]> frames) => [.. frames.SelectMany(frame => frame)];

    private static void AddLength(List<byte> frame, int length, bool masked, int? lengthSize)
    {
        var size = lengthSize ?? (length < 126 ? 0 : length <= 0xFFFF ? 2 : 8);
        frame.Add((byte)((masked ? 0x80 : 0) | size switch { 0 => length, 2 => 126, _ => 127 }));
        var extended = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(extended, length);
        frame.AddRange(extended[(8 - size)..]);
    }
}
