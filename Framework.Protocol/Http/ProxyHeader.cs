using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace UpgradeProtocols;

internal enum ProxyHeaderStatus
{
    NeedMore,
    Done,
    Malformed,
}

/// <summary>
/// The header that a proxy sends before the first byte of a forwarded connection (the PROXY protocol, versions 1 and 2). Both endpoints are
/// null if the proxy connects for itself or doesn't know them.
/// </summary>
internal readonly record struct ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>The size of the longest text header, with its line ending.</summary>
    public const int MaxTextSize = 107;

    /// <summary>The size of the largest accepted binary header, with its extensions; the format allows 64 KiB.</summary>
    public const int MaxBinarySize = 4096;

    private const int BinaryStart = 16;

    private static ReadOnlySpan<byte> TextMark => "PROXY "u8;

    private static ReadOnlySpan<byte> BinaryMark => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>Reads a complete header, and refuses bytes that can't be a header at the first wrong byte.</summary>
    /// <param name="buffer">The received bytes. A complete header is sliced off.</param>
    /// <param name="header">The header.</param>
    public static ProxyHeaderStatus TryRead(ref ReadOnlySequence<byte> buffer, out ProxyHeader header)
    {
        header = default;
        Span<byte> copy = stackalloc byte[MaxTextSize];
        var start = copy[..(int)Math.Min(buffer.Length, MaxTextSize)];
        buffer.Slice(0, start.Length).CopyTo(start);
        if (start.IsEmpty)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        int size;
        ProxyHeaderStatus status;
        if (start[0] == BinaryMark[0])
        {
            status = TryReadBinary(start, buffer.Length, out header, out size);
        }
        else
        {
            status = TryReadText(start, out header, out size);
        }

        if (status == ProxyHeaderStatus.Done)
        {
            buffer = buffer.Slice(size);
        }

        return status;
    }

    private static ProxyHeaderStatus TryReadText(ReadOnlySpan<byte> text, out ProxyHeader header, out int size)
    {
        (header, size) = (default, 0);
        if (!IsStartOf(text, TextMark))
        {
            return ProxyHeaderStatus.Malformed;
        }

        var end = text.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return text.Length == MaxTextSize ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.NeedMore;
        }

        size = end + 2;
        var parts = Encoding.Latin1.GetString(text[TextMark.Length..end]).Split(' ');
        if (parts[0] == "UNKNOWN")
        {
            return ProxyHeaderStatus.Done;
        }

        if (parts is not [("TCP4" or "TCP6") and var family, var source, var destination, var sourcePort, var destinationPort]
            || !TryParse(source, sourcePort, family == "TCP6", out var from)
            || !TryParse(destination, destinationPort, family == "TCP6", out var to))
        {
            return ProxyHeaderStatus.Malformed;
        }

        header = new ProxyHeader(from, to);
        return ProxyHeaderStatus.Done;
    }

    private static bool TryParse(string addressText, string portText, bool isIPv6, out IPEndPoint? end)
    {
        end = null;
        var isAddress = IPAddress.TryParse(addressText, out var address)
            && addressText.Contains(':') == isIPv6
            && (isIPv6 ? !addressText.AsSpan().ContainsAny("%[]/") : addressText == address.ToString());
        if (!isAddress || portText is ['0', _, ..] || !ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        end = new IPEndPoint(address!, port);
        return true;
    }

    private static ProxyHeaderStatus TryReadBinary(ReadOnlySpan<byte> start, long available, out ProxyHeader header, out int size)
    {
        (header, size) = (default, 0);
        if (!IsStartOf(start, BinaryMark))
        {
            return ProxyHeaderStatus.Malformed;
        }

        if (start.Length < BinaryStart)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var (command, family) = (start[12], start[13]);
        var length = BinaryPrimitives.ReadUInt16BigEndian(start[14..]);
        size = BinaryStart + length;

        // Version 2 with LOCAL or PROXY; only stream address families.
        if (command is not (0x20 or 0x21) || size > MaxBinarySize || (command == 0x21 && length < AddressesSize(family)))
        {
            return ProxyHeaderStatus.Malformed;
        }

        if (available < size)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        if (command == 0x21)
        {
            header = ReadAddresses(family, start[BinaryStart..]);
        }

        return ProxyHeaderStatus.Done;
    }

    private static int AddressesSize(byte family) => family switch
    {
        0x00 => 0,
        0x11 => 12,
        0x21 => 36,
        0x31 => 216,
        _ => int.MaxValue,
    };

    // The addresses of Unix sockets have no meaning on another machine.
    private static ProxyHeader ReadAddresses(byte family, ReadOnlySpan<byte> addresses)
    {
        var size = family switch { 0x11 => 4, 0x21 => 16, _ => 0 };
        return size == 0
            ? default
            : new ProxyHeader(
                new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..])),
                new IPEndPoint(new IPAddress(addresses[size..(2 * size)]), BinaryPrimitives.ReadUInt16BigEndian(addresses[((2 * size) + 2)..])));
    }

    private static bool IsStartOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark)
    {
        var common = Math.Min(bytes.Length, mark.Length);
        return bytes[..common].SequenceEqual(mark[..common]);
    }
}
