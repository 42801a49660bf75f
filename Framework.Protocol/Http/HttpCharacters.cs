using System.Buffers;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The character classes of RFC 9110 §5.6 and RFC 3986, as sets that span searches can use.</summary>
internal static class HttpCharacters
{
    private const string Alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string TokenText = Alphanumeric + "!#$%&'*+-.^_`|~";
    private const string UnreservedAndSubDelims = Alphanumeric + "-._~" + "!$&'()*+,;=";

    public static readonly SearchValues<byte> Token = SearchValues.Create(Encoding.ASCII.GetBytes(TokenText));
    public static readonly SearchValues<char> TokenChars = SearchValues.Create(TokenText);

    /// <summary>HTAB, SP, visible ASCII and obs-text (RFC 9110 §5.5).</summary>
    public static readonly SearchValues<byte> FieldValue = SearchValues.Create(Bytes(b => b is 0x09 or (>= 0x20 and not 0x7F)));
    public static readonly SearchValues<char> FieldValueChars =
        SearchValues.Create(Encoding.Latin1.GetString(Bytes(b => b is 0x09 or (>= 0x20 and not 0x7F))));

    /// <summary>Visible ASCII except '#': a fragment is never sent (RFC 9112 §3.2).</summary>
    public static readonly SearchValues<byte> Target = SearchValues.Create(Bytes(b => b is > 0x20 and < 0x7F and not (byte)'#'));

    /// <summary>A reg-name without its percent-encoded octets (RFC 3986 §3.2.2).</summary>
    public static readonly SearchValues<byte> RegName = SearchValues.Create(Encoding.ASCII.GetBytes(UnreservedAndSubDelims));

    /// <summary>The characters of an IPv6 address. A zone id is local to its machine and isn't valid in a request.</summary>
    public static readonly SearchValues<byte> IPv6 = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenChars);

    public static bool IsWhitespace(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>Removes the optional whitespace around the text (RFC 9110 §5.6.3).</summary>
    public static ReadOnlySpan<byte> TrimWhitespace(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    public static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };

    private static byte[] Bytes(Func<byte, bool> predicate) => [.. Enumerable.Range(0, 256).Select(i => (byte)i).Where(predicate)];
}
