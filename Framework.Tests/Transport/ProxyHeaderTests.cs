using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T4")]
public class ProxyHeaderTests
{
    private const string Mark = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 4711 443\r\n", "192.0.2.1:4711 198.51.100.9:443")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535 255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 0 443\r\n", "[2001:db8::1]:0 [2001:db8::2]:443")]
    [InlineData("PROXY UNKNOWN\r\n", " ")]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", " ")]
    public void Text_headers_are_accepted(string header, string expected) => Accept(Encoding.ASCII.GetBytes(header), expected);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXYTCP4")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.9 4711 443\r\n")]
    [InlineData("PROXY TCP5 192.0.2.1 198.51.100.9 4711 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 4711 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.9 4711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.9 4711 443\r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.9 4711 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 4711\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 4711 443 \r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 047 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.9 +47 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 2001:db8::2 4711 443\r\n")]
    public void Text_that_is_not_a_header_is_refused(string text) => Refuse(Encoding.ASCII.GetBytes(text));

    [Theory]
    [InlineData("2111000C" + "C0000201" + "C6336409" + "1267" + "01BB", "192.0.2.1:4711 198.51.100.9:443")]
    [InlineData("21210024" + "20010DB8000000000000000000000001" + "20010DB8000000000000000000000002" + "1267" + "01BB", "[2001:db8::1]:4711 [2001:db8::2]:443")]
    [InlineData("21110013" + "C0000201" + "C6336409" + "1267" + "01BB" + "03000401020304", "192.0.2.1:4711 198.51.100.9:443")]
    [InlineData("20000000", " ")]
    [InlineData("2011000C" + "C0000201" + "C6336409" + "1267" + "01BB", " ")]
    [InlineData("21000000", " ")]
    [InlineData("21000003AABBCC", " ")]
    public void Binary_headers_are_accepted(string hex, string expected) => Accept(Convert.FromHexString(Mark + hex), expected);

    [Fact]
    public void A_binary_header_of_a_Unix_socket_has_no_address() =>
        Accept(Convert.FromHexString(Mark + "213100D8" + new string('0', 432)), " ");

    [Theory]
    [InlineData(Mark + "1111000C")] // version 1
    [InlineData(Mark + "2211000C")] // no such command
    [InlineData(Mark + "2112000C")] // datagrams
    [InlineData(Mark + "2111000B")] // too short for its addresses
    [InlineData(Mark + "21210023")]
    [InlineData(Mark + "21111000")] // larger than the limit
    [InlineData(Mark + "2111FFFF")]
    [InlineData("0D0A0D0A000D0A515549540B")]
    [InlineData("0D0A0D0A00FF")]
    [InlineData("160301")]
    public void Bytes_that_are_not_a_header_are_refused(string hex) => Refuse(Convert.FromHexString(hex));

    [Fact]
    public void A_text_header_has_at_most_107_bytes()
    {
        Accept(Encoding.ASCII.GetBytes("PROXY UNKNOWN ".PadRight(105, 'x') + "\r\n"), " ");
        Refuse(Encoding.ASCII.GetBytes("PROXY UNKNOWN ".PadRight(107, 'x')));
    }

    // Parses every prefix and the whole header: parsing ends exactly at the last byte and consumes no following bytes.
    private static void Accept(byte[] header, string expected)
    {
        for (var length = 0; length < header.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(header, 0, length);
            Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeader.TryRead(ref part, out _));
            Assert.Equal(length, part.Length);
        }

        var buffer = new ReadOnlySequence<byte>([.. header, .. "GET"u8]);
        Assert.Equal(ProxyHeaderStatus.Done, ProxyHeader.TryRead(ref buffer, out var read));
        Assert.Equal(expected, $"{read.Source} {read.Destination}");
        Assert.Equal("GET"u8.ToArray(), buffer.ToArray());
    }

    private static void Refuse(byte[] bytes)
    {
        for (var length = 0; length <= bytes.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes, 0, length);
            var status = ProxyHeader.TryRead(ref part, out _);
            Assert.NotEqual(ProxyHeaderStatus.Done, status);
            if (length == bytes.Length)
            {
                Assert.Equal(ProxyHeaderStatus.Malformed, status);
            }
        }
    }
}
