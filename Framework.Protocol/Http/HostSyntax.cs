using System.Net;

namespace UpgradeProtocols;

/// <summary>The syntax of Host and of an http URI's authority: a non-empty host and an optional port (RFC 9110 §7.2, §4.2).</summary>
internal static class HostSyntax
{
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        var hostEnd = authority is [(byte)'[', ..] ? authority.IndexOf((byte)']') + 1 : authority.IndexOf((byte)':');
        var host = hostEnd < 0 ? authority : authority[..hostEnd];
        return IsHost(host) && IsPort(authority[host.Length..]);
    }

    private static bool IsHost(ReadOnlySpan<byte> host) => host switch
    {
        [] => false,
        [(byte)'[', .. var literal, (byte)']'] => IsIPv6(literal),
        _ => IsRegName(host),
    };

    private static bool IsIPv6(ReadOnlySpan<byte> text) =>
        !text.ContainsAnyExcept(HttpCharacters.IPv6) && text.Contains((byte)':') && IPAddress.IsValidUtf8(text);

    // An IPv4 address also matches (RFC 3986 §3.2.2).
    private static bool IsRegName(ReadOnlySpan<byte> name)
    {
        while (true)
        {
            var other = name.IndexOfAnyExcept(HttpCharacters.RegName);
            if (other < 0)
            {
                return true;
            }

            if (name[other] != '%' || !TargetPath.TryDecodeOctet(name[other..], out _))
            {
                return false;
            }

            name = name[(other + 3)..];
        }
    }

    // The text is empty, or a colon and digits; a colon without digits means the default port (RFC 3986 §3.2.3).
    private static bool IsPort(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        var port = 0;
        foreach (var digit in text[1..])
        {
            port = char.IsAsciiDigit((char)digit) ? (port * 10) + digit - '0' : int.MaxValue;
            if (port > ushort.MaxValue)
            {
                return false;
            }
        }

        return text[0] == ':';
    }
}
