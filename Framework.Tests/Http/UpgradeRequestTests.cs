namespace UpgradeProtocols.Tests.Http;

public class UpgradeRequestTests
{
    private static UpgradeRequest Get(string target, string fields = "", string version = "HTTP/1.1") =>
        Heads.Accept($"GET {target} {version}\r\nHost: a\r\n{fields}\r\n");

    [Theory, Trait("rule", "H3")]
    [InlineData("/?a=1&b=2&a=3", "a", "1|3")]
    [InlineData("/?a=x+y%20z", "a", "x y z")]
    [InlineData("/?%61+b=%C3%A9", "a b", "\u00e9")]
    [InlineData("/?A=1&a=2", "a", "1|2")]
    [InlineData("/?a", "a", "")]
    [InlineData("/?a=", "a", "")]
    [InlineData("/?a=b=c", "a", "b=c")]
    [InlineData("/?&&=x&a=1&", "a", "1")]
    [InlineData("/?a=100%", "a", "100%")]
    [InlineData("/??a=1", "?a", "1")]
    public void Query_parameters_are_decoded(string target, string name, string values)
    {
        var request = Get(target);
        Assert.Equal(values, string.Join('|', request.Query[name].ToArray()));
        Assert.Equal(values.Split('|')[0], request.GetQueryValue(name));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/?")]
    public void An_absent_query_parameter_is_null(string target)
    {
        Assert.Null(Get(target).GetQueryValue("a"));
        Assert.False(Get(target).Query.ContainsKey("a"));
    }

    [Theory, Trait("rule", "H10")]
    [InlineData("HTTP/1.1", "", true)]
    [InlineData("HTTP/1.1", "Connection: keep-alive\r\n", true)]
    [InlineData("HTTP/1.1", "Connection: Upgrade\r\nConnection: CLOSE\r\n", false)]
    [InlineData("HTTP/1.0", "", false)]
    [InlineData("HTTP/1.0", "Connection: keep-alive\r\n", false)]
    public void A_connection_is_kept_alive_except_with_close_or_HTTP_1_0(string version, string fields, bool isKept) =>
        Assert.Equal(isKept, Get("/", fields, version).KeepAlive);

    [Theory, Trait("rule", "N7")]
    [InlineData("HTTP/1.1", "", false, false)]
    [InlineData("HTTP/1.1", "Expect: 100-Continue\r\n", true, false)]
    [InlineData("HTTP/1.1", "Expect: 100-continue, x\r\n", true, true)]
    [InlineData("HTTP/1.1", "Expect: x\r\nExpect: 100-continue\r\n", true, true)]
    [InlineData("HTTP/1.1", "Expect: 100-continue;q=1\r\n", false, true)]
    [InlineData("HTTP/1.1", "Expect: \"\r\n", false, true)]
    [InlineData("HTTP/1.0", "Expect: 100-continue\r\n", false, false)]
    [InlineData("HTTP/1.0", "Expect: x\r\n", false, false)]
    public void Known_and_unknown_expectations_are_distinguished(string version, string fields, bool expectsContinue, bool isUnknown)
    {
        var request = Get("/", fields, version);
        Assert.Equal((expectsContinue, isUnknown), (request.ExpectsContinue, request.HasUnknownExpectation));
    }

    [Fact]
    public void A_request_can_be_created_from_its_parts()
    {
        var fields = new UpgradeRequestHeaders([new("Host", "a"), new("Connection", "close")]);
        var request = new UpgradeRequest("GET", "/a b", "/a%20b?c=d", "?c=d", new Version(2, 0), "https", "example.com", fields);
        Assert.Equal(
            ("GET", "/a b", "/a%20b?c=d", "?c=d", new Version(2, 0), "https", "example.com"),
            (request.Method, request.Path, request.RawTarget, request.QueryString, request.HttpVersion, request.Scheme, request.Host));
        Assert.Equal("d", request.GetQueryValue("c"));
        Assert.Equal(RequestBodyKind.None, request.Framing.Kind);
        Assert.True(request.Body.IsEmpty);
        Assert.False(request.KeepAlive);
    }
}
