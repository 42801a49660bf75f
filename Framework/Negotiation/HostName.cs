using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The canonical spelling for comparing hosts: lower case, A-labels, no trailing dot, addresses in their shortest form.</summary>
internal static class HostName
{
    private static readonly IdnMapping s_idn = new();
    private static readonly SearchValues<char> s_nameChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>Converts a host of a request: browsers send A-labels.</summary>
    public static string Of(string host)
    {
        if (host is ['[', .. var literal, ']'])
        {
            return TryParseIPv6(literal, out var address) ? address : host;
        }

        return (host is [_, .., '.'] ? host[..^1] : host).ToLowerInvariant();
    }

    /// <summary>Converts a host that an operator writes; returns false for a host that no request can have.</summary>
    public static bool TryParse(string text, out string host)
    {
        if (text is ['[', .. var literal, ']'])
        {
            return TryParseIPv6(literal, out host);
        }

        host = "";
        try
        {
            // Without the platform's data (InvariantGlobalization) the mapping doesn't fold case.
            host = Of(Ascii.IsValid(text) ? text : s_idn.GetAscii(text.ToLowerInvariant()));
        }
        catch (ArgumentException)
        {
            return false;
        }

        return IsName(host) && (!EndsInNumber(host) || IsAddress(host));
    }

    public static bool IsAddress(string host) => host.StartsWith('[') || (IPAddress.TryParse(host, out var address) && address.ToString() == host);

    private static bool IsName(string host) =>
        host.Length is > 0 and <= 253
        && !host.AsSpan().ContainsAnyExcept(s_nameChars)
        && !host.StartsWith('.')
        && !host.EndsWith('.')
        && !host.Contains("..", StringComparison.Ordinal);

    // A browser reads such a host as an IPv4 address and sends it in the dotted form.
    private static bool EndsInNumber(string host)
    {
        var last = host.AsSpan(host.LastIndexOf('.') + 1);
        return !last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x", StringComparison.Ordinal);
    }

    private static bool TryParseIPv6(string text, out string host)
    {
        var isAddress = IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6 && !text.AsSpan().ContainsAny("%[]/");
        host = isAddress ? $"[{address}]" : "";
        return isAddress;
    }
}
