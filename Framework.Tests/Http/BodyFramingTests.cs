namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H8")]
public class BodyFramingTests
{
    private static string Head(string fields, string version = "HTTP/1.1") => $"POST / {version}\r\nHost: localhost\r\n{fields}\r\n\r\n";

    [Theory]
    [InlineData("X: 1", nameof(RequestBodyKind.None), 0)]
    [InlineData("Content-Length: 0", nameof(RequestBodyKind.Length), 0)]
    [InlineData("content-length: 5", nameof(RequestBodyKind.Length), 5)]
    [InlineData("Content-Length: 5, 5", nameof(RequestBodyKind.Length), 5)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5", nameof(RequestBodyKind.Length), 5)]
    [InlineData("Content-Length: 9223372036854775807", nameof(RequestBodyKind.Length), long.MaxValue)]
    [InlineData("Content-Length: 9223372036854775808", nameof(RequestBodyKind.Length), long.MaxValue)]
    [InlineData("Content-Length: 99999999999999999999999999", nameof(RequestBodyKind.Length), long.MaxValue)]
    [InlineData("Transfer-Encoding: chunked", nameof(RequestBodyKind.Chunked), 0)]
    [InlineData("Transfer-Encoding: , CHUNKED ,", nameof(RequestBodyKind.Chunked), 0)]
    public void The_body_framing_is_read_from_the_headers(string fields, string kind, long length)
    {
        var request = Heads.Accept(Head(fields));
        Assert.Equal((Enum.Parse<RequestBodyKind>(kind), length), (request.Framing.Kind, request.Framing.ContentLength));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6", 400)]
    [InlineData("Content-Length: 5, 6", 400)]
    [InlineData("Content-Length: +5", 400)]
    [InlineData("Content-Length: -5", 400)]
    [InlineData("Content-Length: ", 400)]
    [InlineData("Content-Length: 5,", 400)]
    [InlineData("Content-Length: 0x5", 400)]
    [InlineData("Content-Length: 5 5", 400)]
    [InlineData("Content-Length: 5.0", 400)]
    [InlineData("Content-Length: \u00b2", 400)]
    [InlineData("Content-Length: 9223372036854775808, 5", 400)]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Transfer-Encoding: gzip\r\nContent-Length: 5", 400)]
    [InlineData("Transfer-Encoding: ", 400)]
    [InlineData("Transfer-Encoding: chunked, chunked", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Transfer-Encoding: chunked, gzip", 400)]
    [InlineData("Transfer-Encoding: chunked, identity", 400)]
    [InlineData("Transfer-Encoding: chunked;x=1", 400)]
    [InlineData("Transfer-Encoding: \"chunked\"", 400)]
    [InlineData("Transfer-Encoding: chunked chunked", 400)]
    [InlineData("Transfer-Encoding: gzip;x=\"a, chunked", 400)]
    [InlineData("Transfer-Encoding: gzip", 501)]
    [InlineData("Transfer-Encoding: identity", 501)]
    [InlineData("Transfer-Encoding: xchunked", 501)]
    [InlineData("Transfer-Encoding: gzip, chunked", 501)]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501)]
    [InlineData("Transfer-Encoding: gzip;x=\"a, b\", chunked", 501)]
    public void Ambiguous_framing_is_refused(string fields, int status) =>
        Assert.Equal(status, Heads.Refuse(Head(fields)).StatusCode);

    [Theory]
    [InlineData("chunked")]
    [InlineData("gzip")]
    public void HTTP_1_0_has_no_transfer_codings(string coding) =>
        Assert.Equal(400, Heads.Refuse(Head($"Transfer-Encoding: {coding}", "HTTP/1.0")).StatusCode);
}
