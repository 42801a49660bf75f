using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>Messages for all kinds of compression: none, by letter frequency, by near and far repeats.</summary>
internal static class Samples
{
    public static Gen<byte[]> Any { get; } = Gen.OneOf(
        Gen.Byte.Array[0, 3000],
        Gen.Byte[(byte)'a', (byte)'f'].Array[0, 3000],
        Gen.Select(Gen.Byte, Gen.Int[0, 70_000]).Select((value, count) => Enumerable.Repeat(value, count).ToArray()),
        Gen.Select(Gen.Byte.Array[1, 400], Gen.Int[1, 200]).Select(Repeat),
        Gen.Select(Gen.Byte.Array[30_000, 33_000], Gen.Int[1, 2]).Select(Repeat),
        Gen.Int[0, 200].Select(Json));

    public static byte[] Json(int lines) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(i => $"{{\"type\":\"say\",\"id\":{i * 7919 % 1000},\"text\":\"κόσμε {i}\"}}")));

    public static byte[] Random(int size, int seed = 1)
    {
        var bytes = new byte[size];
#pragma warning disable CA5394 // Test data, the same in every run.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    private static byte[] Repeat(byte[] unit, int times) => [.. Enumerable.Repeat(unit, times).SelectMany(bytes => bytes)];
}
