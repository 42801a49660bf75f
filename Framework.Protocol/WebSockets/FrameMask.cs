using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace UpgradeProtocols;

/// <summary>
/// The XOR with a rotating four-byte key that clients apply to every payload (RFC 6455 §5.3). A key is stored in its byte order on the
/// wire, so that a vector filled with it has the right byte in every place.
/// </summary>
internal static class FrameMask
{
    public static uint ReadKey(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<uint>(bytes);

    public static void WriteKey(Span<byte> destination, uint key) => MemoryMarshal.Write(destination, key);

    /// <summary>Unmasks (or masks) in place; returns the key for the following byte.</summary>
    public static uint Apply(Span<byte> data, uint key) => key == 0 ? 0 : Apply(data, data, key);

    /// <summary>
    /// Writes the unmasked source to the destination, which must be at least as long. The destination is the source itself or doesn't
    /// overlap it. Returns the key for the following byte.
    /// </summary>
    public static uint Apply(ReadOnlySpan<byte> source, Span<byte> destination, uint key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length);
        if (key == 0)
        {
            source.CopyTo(destination);
            return 0;
        }

        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var length = (nuint)source.Length;
        var done = ApplyVectors(ref from, ref to, length, key);

        // Every block above is a multiple of four bytes long, so the key isn't rotated.
        for (; length - done >= sizeof(uint); done += sizeof(uint))
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, done), Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, done)) ^ key);
        }

        for (; done < length; done++)
        {
            Unsafe.Add(ref to, done) = (byte)(Unsafe.Add(ref from, done) ^ FirstByte(key));
            key = Rotate(key, 1);
        }

        return key;
    }

    private static nuint ApplyVectors(ref byte from, ref byte to, nuint length, uint key)
    {
        nuint done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var mask = Vector512.Create(key).AsByte();
            for (; length - done >= (nuint)Vector512<byte>.Count; done += (nuint)Vector512<byte>.Count)
            {
                (Vector512.LoadUnsafe(ref from, done) ^ mask).StoreUnsafe(ref to, done);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            var mask = Vector256.Create(key).AsByte();
            for (; length - done >= (nuint)Vector256<byte>.Count; done += (nuint)Vector256<byte>.Count)
            {
                (Vector256.LoadUnsafe(ref from, done) ^ mask).StoreUnsafe(ref to, done);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            var mask = Vector128.Create(key).AsByte();
            for (; length - done >= (nuint)Vector128<byte>.Count; done += (nuint)Vector128<byte>.Count)
            {
                (Vector128.LoadUnsafe(ref from, done) ^ mask).StoreUnsafe(ref to, done);
            }
        }

        return done;
    }

    private static byte FirstByte(uint key) => (byte)(BitConverter.IsLittleEndian ? key : key >> 24);

    private static uint Rotate(uint key, int bytes) =>
        BitConverter.IsLittleEndian ? BitOperations.RotateRight(key, 8 * bytes) : BitOperations.RotateLeft(key, 8 * bytes);
}
