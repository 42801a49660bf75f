namespace UpgradeProtocols.Tests.Http;

public class RequestLineTests
{
    [Theory, Trait("rule", "H2")]
    [InlineData("GET / HTTP/1.1\r\n", "GET", "/")]
    [InlineData("\r\nGET / HTTP/1.1\r\n", "GET", "/")]
    [InlineData("get / HTTP/1.1\r\n", "get", "/")]
    [InlineData("M-SEARCH!# /x?y HTTP/1.1\r\n", "M-SEARCH!#", "/x?y")]
    [InlineData("GET /[]{}|\\^\"<>` HTTP/1.1\r\n", "GET", "/[]{}|\\^\"<>`")]
    public void A_well_formed_line_is_accepted(string line, string method, string target)
    {
        var request = Heads.Accept(line + Heads.Headers);
        Assert.Equal((method, target), (request.Method, request.RawTarget));
    }

    [Theory, Trait("rule", "H2")]
    [InlineData("\r\n\r")] // only one empty line
    [InlineData("\n")]
    [InlineData("\rG")]
    [InlineData(" ")]
    [InlineData("\0")]
    [InlineData("\u0016")] // TLS
    [InlineData("(")]
    [InlineData("GE\u00e9")]
    [InlineData("GET\t")]
    [InlineData("GET\r")]
    [InlineData("GET\n")]
    [InlineData("GET  ")]
    [InlineData("GET \t")]
    [InlineData("GET /a#")]
    [InlineData("GET /\u007f")]
    [InlineData("GET /\u00e9")]
    [InlineData("GET /\r")] // HTTP/0.9
    [InlineData("GET /\n")]
    [InlineData("GET /  ")]
    [InlineData("GET / \r")]
    [InlineData("GET / HTTP/1.1 ")]
    [InlineData("GET / HTTP/1.1\n")]
    [InlineData("GET / HTTP/1.1\r\r")]
    [InlineData("GET / HTTP/1.1\rH")]
    public void A_malformed_line_is_refused_at_its_first_invalid_byte(string upToWrongByte)
    {
        Assert.Equal(400, Heads.RefuseAtLastByte(upToWrongByte).StatusCode);
        Assert.Equal(400, Heads.Refuse(upToWrongByte + " HTTP/1.1\r\n" + Heads.Headers).StatusCode);
    }

    [Fact, Trait("rule", "H2")]
    public void A_TLS_hello_is_recognized() => Assert.Contains("TLS", Heads.Refuse("\u0016\u0003\u0001\u0002").Message);

    [Fact, Trait("rule", "H9")]
    public void An_empty_line_alone_does_not_start_a_request()
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        Heads.Feed(parser, [Pieces.Bytes("\r\n")]);
        Assert.False(parser.HasStarted);
        Heads.Feed(parser, [Pieces.Bytes("G")]);
        Assert.True(parser.HasStarted);
        parser.Reset();
        Assert.False(parser.HasStarted);
    }

    [Theory, Trait("rule", "H4")]
    [InlineData("HTTP/1.0", 0)]
    [InlineData("HTTP/1.1", 1)]
    [InlineData("HTTP/1.2", 1)]
    [InlineData("HTTP/1.9", 1)]
    public void Minor_versions_above_1_are_read_as_1(string version, int minor) =>
        Assert.Equal(new Version(1, minor), Heads.Accept($"GET / {version}\r\n{Heads.Headers}").HttpVersion);

    [Theory, Trait("rule", "H4")]
    [InlineData("GET / HTTP/2.5")]
    [InlineData("GET / HTTP/0.9")]
    [InlineData("GET nonsense HTTP/3.0")]
    [InlineData("PRI * HTTP/2.0")]
    public void Another_major_version_is_505_as_soon_as_it_has_been_read(string upToVersion)
    {
        Assert.Equal(505, Heads.RefuseAtLastByte(upToVersion).StatusCode);
        Assert.Equal(505, Heads.Refuse(upToVersion + "\r\n\r\nSM\r\n\r\n").StatusCode);
    }

    [Theory, Trait("rule", "H4")]
    [InlineData("GET / h")]
    [InlineData("GET / HTTPS")]
    [InlineData("GET / HTTP/x")]
    [InlineData("GET / HTTP/11")]
    [InlineData("GET / HTTP/2\r")]
    [InlineData("GET / HTTP/1.x")]
    [InlineData("GET / HTTP/1.10")]
    [InlineData("GET / HTTP/1,")]
    public void Any_other_text_as_version_is_400(string upToWrongByte) =>
        Assert.Equal(400, Heads.RefuseAtLastByte(upToWrongByte).StatusCode);

    [Fact, Trait("rule", "H11")]
    public void The_parser_recognizes_a_refused_HEAD()
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        Heads.Feed(parser, [Pieces.Bytes("HEAD / HTTP/1.1\r\n\r\n")]);
        Assert.NotNull(parser.Error);
        Assert.True(parser.IsHead);
    }
}
