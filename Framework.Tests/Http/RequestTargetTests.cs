namespace UpgradeProtocols.Tests.Http;

public class RequestTargetTests
{
    private static UpgradeRequest Accept(string target, string method = "GET") =>
        Heads.Accept($"{method} {target} HTTP/1.1\r\nHost: field\r\n\r\n");

    [Theory, Trait("rule", "H3")]
    [InlineData("/", "/")]
    [InlineData("/a//b/", "/a//b/")]
    [InlineData("/a%20b", "/a b")]
    [InlineData("/caf%C3%A9", "/caf\u00e9")]
    [InlineData("/%e2%82%ac%F0%9F%98%80", "/\u20ac\U0001F600")]
    [InlineData("/%252F", "/%2F")]
    [InlineData("/a%2fb%2Fc", "/a%2Fb%2Fc")]
    [InlineData("/%252e%252e/a", "/%2e%2e/a")]
    [InlineData("/a+b", "/a+b")]
    [InlineData("/.", "/")]
    [InlineData("/..", "/")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/.", "/a/b/")]
    [InlineData("/a/b/../c", "/a/c")]
    [InlineData("/a/%2e%2E/c", "/c")]
    [InlineData("/a/.%2e", "/")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("/...", "/...")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("/a/..%2Fb", "/a/..%2Fb")]
    [InlineData("/a/..;/b", "/a/..;/b")]
    public void A_path_is_decoded_once_and_has_no_dot_segments(string target, string path)
    {
        Assert.Equal(path, Accept(target).Path);
        Assert.Equal(path, Accept(target + "?q=/../%41").Path);
        Assert.Equal(target, Accept(target).RawTarget);
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%4?1")]
    [InlineData("/%zz")]
    [InlineData("/%+1")]
    [InlineData("/%00")]
    [InlineData("/a%00b")]
    [InlineData("/%ff")]
    [InlineData("/%c0%af")] // overlong slash
    [InlineData("/%ed%a0%80")] // a surrogate
    [InlineData("/%e2%82")]
    public void A_path_that_does_not_decode_is_refused(string target) =>
        Assert.Equal(400, Heads.Refuse($"GET {target} HTTP/1.1\r\n{Heads.Headers}").StatusCode);

    [Fact, Trait("rule", "H3")]
    public void A_path_longer_than_the_stack_buffer_is_decoded()
    {
        var segment = new string('x', 300);
        Assert.Equal($"/{segment} ", Accept($"/y/../{segment}%20").Path);
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("/a?room=a%20b", "/a", "?room=a%20b")]
    [InlineData("/a?", "/a", "?")]
    [InlineData("/a?b?c", "/a", "?b?c")]
    [InlineData("/a?%00%zz", "/a", "?%00%zz")]
    public void The_query_is_kept_as_sent(string target, string path, string query)
    {
        var request = Accept(target);
        Assert.Equal((path, query), (request.Path, request.QueryString));
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("http://example.com/x?y", "example.com", "/x", "?y")]
    [InlineData("https://example.com:8443/a/../b", "example.com:8443", "/b", "")]
    [InlineData("ws://example.com", "example.com", "/", "")]
    [InlineData("WSS://[::1]:80?q", "[::1]:80", "/", "?q")]
    public void The_authority_of_an_absolute_target_overrides_Host(string target, string host, string path, string query)
    {
        var request = Accept(target);
        Assert.Equal((host, path, query, target), (request.Host, request.Path, request.QueryString, request.RawTarget));
        Assert.Equal("http", request.Scheme);
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("http://")]
    [InlineData("http:///x")]
    [InlineData("http://user@example.com/")]
    [InlineData("http://example.com:99999/")]
    [InlineData("ftp://example.com/")]
    [InlineData("http:/x")]
    [InlineData("example.com:80")]
    [InlineData("foo")]
    [InlineData("?q")]
    [InlineData("*")]
    [InlineData("**")]
    public void Other_forms_are_refused(string target) =>
        Assert.Equal(400, Heads.Refuse($"GET {target} HTTP/1.1\r\n{Heads.Headers}").StatusCode);

    [Fact, Trait("rule", "H3")]
    public void OPTIONS_may_target_the_whole_server()
    {
        var request = Accept("*", "OPTIONS");
        Assert.Equal(("*", "*", "", "field"), (request.Path, request.RawTarget, request.QueryString, request.Host));
    }

    [Theory, Trait("rule", "H3")]
    [InlineData("http://example.com", "*")]
    [InlineData("http://example.com:8080", "*")]
    [InlineData("http://example.com/", "/")]
    [InlineData("http://example.com?q", "/")]
    public void OPTIONS_with_only_an_authority_targets_the_whole_server(string target, string path) =>
        Assert.Equal(path, Accept(target, "OPTIONS").Path);

    [Fact, Trait("rule", "H3")]
    public void CONNECT_is_405_with_Allow()
    {
        var error = Heads.Refuse("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
        Assert.Equal((405, "GET, HEAD"), (error.StatusCode, error.Allow));
    }
}
