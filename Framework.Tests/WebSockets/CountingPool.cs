using System.Buffers;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>A pool that counts rented arrays and overwrites returned arrays, so that a late read fails.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private readonly HashSet<byte[]> _out = [];

    public int Rented { get; private set; }

    public int Largest { get; private set; }

    public int Out => _out.Count;

    public override byte[] Rent(int minimumLength)
    {
        Rented++;
        Largest = Math.Max(Largest, minimumLength);
        var array = new byte[minimumLength];
        _out.Add(array);
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        Assert.True(_out.Remove(array), "Returned twice, or never rented.");
        array.AsSpan().Fill(0xEE);
    }
}
