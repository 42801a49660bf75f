using CsCheck;

namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>Valid inputs with a few mutations.</summary>
internal static class Mutations
{
    private enum Kind
    {
        Flip,
        Set,
        Insert,
        Remove,
        Repeat,
        Cut,
        Splice,
    }

    public static Gen<byte[]> Of(byte[][] seeds)
    {
        var seed = Gen.Int[0, seeds.Length - 1];
        var change = Gen.Select(Gen.Enum<Kind>(), Gen.Int[0, 1 << 20], Gen.Int[1, 40], Gen.Byte, seed);
        return Gen.Select(seed, change.Array[0, 6]).Select((index, changes) =>
        {
            var bytes = seeds[index].ToList();
            foreach (var (kind, at, length, value, other) in changes)
            {
                Change(bytes, kind, bytes.Count == 0 ? 0 : at % bytes.Count, length, value, seeds[other]);
            }

            return bytes.ToArray();
        });
    }

    private static void Change(List<byte> bytes, Kind kind, int at, int length, byte value, byte[] other)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        length = Math.Min(length, bytes.Count - at);
        switch (kind)
        {
            case Kind.Flip:
                bytes[at] ^= (byte)(1 << (value & 7));
                break;
            case Kind.Set:
                bytes[at] = value;
                break;
            case Kind.Insert:
                bytes.Insert(at, value);
                break;
            case Kind.Remove:
                bytes.RemoveRange(at, length);
                break;
            case Kind.Repeat:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case Kind.Cut:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(Math.Min(at, other.Length)));
                break;
        }
    }
}
