using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Testing;

/// <summary>A WebSocket frame (RFC 6455 §5.2), unmasked.</summary>
/// <param name="Opcode">0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.</param>
/// <param name="IsFinal">Whether the frame is the last of its message.</param>
/// <param name="Payload">The payload.</param>
public sealed record TestFrame(int Opcode, bool IsFinal, ReadOnlyMemory<byte> Payload)
{
    /// <summary>The payload as text.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>The close code of a close frame; 1005 if it has none.</summary>
    public int CloseCode => Payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload.Span) : 1005;

    /// <summary>The close reason of a close frame.</summary>
    public string CloseReason => Payload.Length > 2 ? Encoding.UTF8.GetString(Payload.Span[2..]) : "";

    /// <inheritdoc/>
    public override string ToString() => Opcode == 8 ? $"close {CloseCode} {CloseReason}".TrimEnd() : $"{Opcode}: {Text}";

    internal static async Task<TestFrame> ReadAsync(PipeReader input)
    {
        var head = await HttpAnswer.ReadBytesAsync(input, 2, CancellationToken.None);
        var length = (head[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await HttpAnswer.ReadBytesAsync(input, 2, CancellationToken.None)),
            127 => checked((int)BinaryPrimitives.ReadInt64BigEndian(await HttpAnswer.ReadBytesAsync(input, 8, CancellationToken.None))),
            var small => small,
        };
        return new TestFrame(head[0] & 0x0F, (head[0] & 0x80) != 0, await HttpAnswer.ReadBytesAsync(input, length, CancellationToken.None));
    }

    /// <summary>Encodes a frame as a client sends it, masked.</summary>
    internal static byte[] Write(int opcode, ReadOnlySpan<byte> payload, bool isFinal)
    {
        ReadOnlySpan<byte> key = [0x37, 0xFA, 0x21, 0x3D];
        var extended = payload.Length < 126 ? 0 : payload.Length <= ushort.MaxValue ? 2 : 8;
        var frame = new byte[2 + extended + key.Length + payload.Length];
        frame[0] = (byte)((isFinal ? 0x80 : 0) | opcode);
        frame[1] = (byte)(0x80 | (extended switch { 0 => payload.Length, 2 => 126, _ => 127 }));
        if (extended == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (extended == 8)
        {
            BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        }

        key.CopyTo(frame.AsSpan(2 + extended));
        for (var i = 0; i < payload.Length; i++)
        {
            frame[2 + extended + key.Length + i] = (byte)(payload[i] ^ key[i & 3]);
        }

        return frame;
    }
}
