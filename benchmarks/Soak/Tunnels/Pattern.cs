using System.Buffers;

namespace UpgradeProtocols.Soak;

/// <summary>The bytes of one direction of one connection: printable, so that a line can hold them, and never the poison byte.</summary>
internal readonly struct Pattern(uint id)
{
    private const int Period = 8191;

    // Random data that all connections share. The id sets the position at which a connection starts, and an offset added to each byte.
    private static readonly byte[] s_noise = Noise();

    public void Fill(Span<byte> bytes, long position)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(position + i);
        }
    }

    public bool Matches(in ReadOnlySequence<byte> bytes, long position)
    {
        foreach (var piece in bytes)
        {
            foreach (var b in piece.Span)
            {
                if (b != At(position++))
                {
                    return false;
                }
            }
        }

        return true;
    }

    public bool Matches(ReadOnlySpan<byte> bytes, long position)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(position + i))
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] Noise()
    {
        var noise = new byte[Period];
        new Random(1).NextBytes(noise);
        return noise;
    }

    private byte At(long position) => (byte)('!' + (s_noise[(int)((position + id * 7919L) % Period)] + id) % 94);
}
