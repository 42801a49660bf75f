using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class WebSocketKeyTests
{
    [Fact, Trait("rule", "S3")]
    public void Computes_the_sample_of_RFC_6455()
    {
        var accept = new byte[28];

        Assert.True(WebSocketKey.TryComputeAccept("dGhlIHNhbXBsZSBub25jZQ=="u8, accept));
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", Encoding.ASCII.GetString(accept));
    }

    [Fact, Trait("rule", "S3")]
    public void Any_16_bytes_are_a_valid_key() =>
        Gen.Byte.Array[16].Sample(bytes =>
        {
            var key = Convert.ToBase64String(bytes);
            var expected = Expected(key);
            var accept = new byte[28];

            Assert.True(WebSocketKey.TryComputeAccept(Encoding.ASCII.GetBytes(key), accept));
            Assert.Equal(expected, Encoding.ASCII.GetString(accept));
        });

    [Theory, Trait("rule", "S3")]
    [InlineData("")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ== ")]
    [InlineData(" GhlIHNhbXBsZSBub25jZQ==")]
    [InlineData("dGhlIHNhbXBsZSBub25jZR==")]
    [InlineData("dGhlIHNhbXBsZSBub25jZWY=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZWZh")]
    [InlineData("dGhlIHNhbXBsZSBub25jZ===")]
    [InlineData("dGhlIHNhbXB-ZSBub25jZQ==")]
    [InlineData("dGhlIHNhbXBsZSBub25jéQ==")]
    [InlineData("AAAA")]
    public void Any_other_text_is_not_a_key(string key) =>
        Assert.False(WebSocketKey.TryComputeAccept(Encoding.Latin1.GetBytes(key), new byte[28]));

    [Fact, Trait("rule", "S3")]
    public void Allocates_nothing()
    {
        var accept = new byte[28];
        WebSocketKey.TryComputeAccept("dGhlIHNhbXBsZSBub25jZQ=="u8, accept);

        var before = GC.GetAllocatedBytesForCurrentThread();
        WebSocketKey.TryComputeAccept("dGhlIHNhbXBsZSBub25jZQ=="u8, accept);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 prescribes SHA-1.")]
    private static string Expected(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}
