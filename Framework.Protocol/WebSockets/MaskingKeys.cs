using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace UpgradeProtocols;

/// <summary>
/// Masking keys for a client's frames. Each frame has a new key that can't be predicted (RFC 6455 §10.3), so that a server's page can't
/// choose the bytes on the wire. The random number generator is called once for many keys.
/// </summary>
internal static class MaskingKeys
{
    private const int Count = 64;

    [ThreadStatic]
    private static uint[]? t_keys;

    [ThreadStatic]
    private static int t_left;

    public static uint Next()
    {
        var keys = t_keys ??= new uint[Count];
        if (t_left == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(keys.AsSpan()));
            t_left = Count;
        }

        return keys[--t_left];
    }
}
