namespace UpgradeProtocols.Tests.Http;

public class HostTests
{
    [Theory, Trait("rule", "H5")]
    [InlineData("localhost")]
    [InlineData("a.example:8080")]
    [InlineData("192.0.2.1:0")]
    [InlineData("a:65535")]
    [InlineData("a:00080")]
    [InlineData("a:")]
    [InlineData("my_host~1")]
    [InlineData("caf%C3%A9")]
    [InlineData("[::1]")]
    [InlineData("[2001:db8::192.0.2.1]:443")]
    public void A_valid_host_is_kept_as_sent(string host)
    {
        Assert.Equal(host, Heads.Accept($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").Host);
        Assert.Equal(host, Heads.Accept($"GET / HTTP/1.0\r\nhOST:{host} \r\n\r\n").Host);
    }

    [Theory, Trait("rule", "H5")]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("a:65536")]
    [InlineData("a:99999999999999999999")]
    [InlineData("a:-1")]
    [InlineData("a:8x")]
    [InlineData("a:80:80")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a@b")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("caf\u00e9")]
    [InlineData("a%4")]
    [InlineData("a%zz")]
    [InlineData("http://a")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[]")]
    [InlineData("[a]")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[::1%eth0]")]
    [InlineData("[::g]")]
    [InlineData("[::1]x")]
    [InlineData("[::1]:x")]
    [InlineData("[1:2:3]")]
    public void A_malformed_host_is_refused(string host)
    {
        Assert.Equal(400, Heads.Refuse($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").StatusCode);
        Assert.Equal(400, Heads.Refuse($"GET http://a/ HTTP/1.1\r\nHost: {host}\r\n\r\n").StatusCode);
        Assert.Equal(400, Heads.Refuse($"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n").StatusCode);
    }

    [Theory, Trait("rule", "H5")]
    [InlineData("GET / HTTP/1.1\r\nX: 1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://a/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nhost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")]
    public void The_wrong_number_of_hosts_is_refused(string head) => Assert.Equal(400, Heads.Refuse(head).StatusCode);

    [Fact, Trait("rule", "H5")]
    public void HTTP_1_0_requires_no_host() => Assert.Equal("", Heads.Accept("GET / HTTP/1.0\r\n\r\n").Host);
}
