namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H7")]
public class LimitTests
{
    [Theory]
    [InlineData(8192, 0)]
    [InlineData(8193, 414)]
    [InlineData(20000, 414)]
    public void A_request_line_may_have_8_KiB(int size, int status)
    {
        var padding = new string('a', size - "GET / HTTP/1.1\r\n".Length);
        Check($"GET /{padding} HTTP/1.1\r\n{Heads.Headers}", status);
    }

    [Fact]
    public void A_method_without_an_end_is_refused_at_the_limit()
    {
        Assert.Equal(501, Heads.RefuseAtLastByte(new string('A', 8193)).StatusCode);
        Assert.Equal(414, Heads.RefuseAtLastByte("GET /".PadRight(8193, 'a')).StatusCode);
        Assert.Equal(414, Heads.Refuse(new string('A', 8190) + " / HTTP/1.1\r\nHost: a\r\n\r\n").StatusCode);
        Assert.Equal(HeadParseStatus.NeedMore, Heads.Parse([Pieces.Bytes(new string('A', 8192))]).Status);
    }

    [Theory]
    [InlineData(32768, 0)]
    [InlineData(32769, 431)]
    [InlineData(50000, 431)]
    public void A_head_may_have_32_KiB(int size, int status)
    {
        const string Start = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
        Check(Start + new string('v', size - Start.Length - 4) + "\r\n\r\n", status);
    }

    [Theory]
    [InlineData("X: ")] // whitespace that is not kept
    [InlineData("X: v")]
    [InlineData("")]
    public void A_header_without_an_end_is_refused_at_the_limit(string start)
    {
        var head = $"GET / HTTP/1.1\r\n{start}";
        var filler = start == "X: " ? ' ' : 'x';
        Assert.Equal(431, Heads.RefuseAtLastByte(head.PadRight(32769, filler)).StatusCode);
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(101, 431)]
    [InlineData(500, 431)]
    public void A_head_may_have_100_headers(int count, int status) =>
        Check("GET / HTTP/1.1\r\nHost: a\r\n" + string.Concat(Enumerable.Repeat("X: 1\r\n", count - 1)) + "\r\n", status);

    [Fact]
    public void Limits_can_be_configured()
    {
        const string Head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        Heads.Accept(Head, new HttpLimits { MaxRequestLineSize = 16, MaxHeadSize = Head.Length, MaxFieldCount = 1 });
        Assert.Equal(414, Heads.Refuse(Head, new HttpLimits { MaxRequestLineSize = 15 }).StatusCode);
        Assert.Equal(431, Heads.Refuse(Head, new HttpLimits { MaxHeadSize = Head.Length - 1 }).StatusCode);
        Assert.Equal(431, Heads.Refuse(Head, new HttpLimits { MaxFieldCount = 0 }).StatusCode);
    }

    private static void Check(string head, int status)
    {
        var outcome = Heads.ParseEveryWay(Pieces.Bytes(head));
        Assert.Equal(status, outcome.Error?.StatusCode ?? 0);
        Assert.Equal(status == 0 ? HeadParseStatus.Done : HeadParseStatus.Failed, outcome.Status);
    }
}
