using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>A target's path for routing: percent-decoded once, as UTF-8, without dot segments.</summary>
internal static class TargetPath
{
    private const int MaxOnStack = 256;

    /// <param name="raw">A path that starts with '/', in visible ASCII.</param>
    /// <param name="path">The path to route.</param>
    public static bool TryNormalize(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out string? path)
    {
        if (!raw.Contains((byte)'%') && raw.IndexOf("/."u8) < 0)
        {
            path = Encoding.ASCII.GetString(raw);
            return true;
        }

        if (raw.Length <= MaxOnStack)
        {
            return TryNormalize(raw, stackalloc byte[MaxOnStack], out path);
        }

        var rented = BufferPool<byte>.Shared.Rent(raw.Length);
        var isValid = TryNormalize(raw, rented, out path);
        BufferPool<byte>.Shared.Return(rented);
        return isValid;
    }

    public static bool TryDecodeOctet(ReadOnlySpan<byte> escape, out byte octet)
    {
        octet = 0;
        if (escape.Length < 3)
        {
            return false;
        }

        var value = (HttpCharacters.HexValue(escape[1]) << 4) | HttpCharacters.HexValue(escape[2]);
        octet = (byte)value;
        return value >= 0;
    }

    private static bool TryNormalize(ReadOnlySpan<byte> raw, Span<byte> scratch, [NotNullWhen(true)] out string? path)
    {
        path = null;
        if (!TryDecode(raw, scratch, out var length) || !Utf8.IsValid(scratch[..length]))
        {
            return false;
        }

        // Dot segments are removed after decoding, so that %2e%2e can't climb where .. can't. Removal before decoding would have to
        // recognise %252e.
        length = RemoveDotSegments(scratch[..length]);
        path = Encoding.UTF8.GetString(scratch[..length]);
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> raw, Span<byte> decoded, out int length)
    {
        length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                decoded[length++] = raw[i];
                continue;
            }

            if (!TryDecodeOctet(raw[i..], out var octet) || octet == 0)
            {
                return false;
            }

            length += WriteDecoded(octet, decoded[length..]);
            i += 2;
        }

        return true;
    }

    // An encoded slash is data of its segment (RFC 3986 §2.2): decoded, it would split the segment.
    private static int WriteDecoded(byte octet, Span<byte> destination)
    {
        if (octet == '/')
        {
            "%2F"u8.CopyTo(destination);
            return 3;
        }

        destination[0] = octet;
        return 1;
    }

    // RFC 3986 §5.2.4, in place: the write position never overtakes the read position.
    private static int RemoveDotSegments(Span<byte> path)
    {
        var written = 0;
        for (var read = 0; read < path.Length;)
        {
            var next = path[(read + 1)..].IndexOf((byte)'/');
            var end = next < 0 ? path.Length : read + 1 + next;
            var segment = path[(read + 1)..end];
            var isDots = segment is [(byte)'.'] or [(byte)'.', (byte)'.'];
            if (segment.Length == 2 && isDots)
            {
                written = Math.Max(0, path[..written].LastIndexOf((byte)'/'));
            }

            if (!isDots)
            {
                path[read..end].CopyTo(path[written..]);
                written += end - read;
            }
            else if (end == path.Length)
            {
                path[written++] = (byte)'/';
            }

            read = end;
        }

        return written;
    }
}
