using System.Text;

namespace UpgradeProtocols.Tests.Http;

public class RegularResponseTests
{
    [Fact]
    public void Factories_set_type_status_and_body()
    {
        Check(RegularResponse.Text("h\u00e9"), 200, "text/plain; charset=utf-8", "h\u00e9");
        Check(RegularResponse.Text("no", 403), 403, "text/plain; charset=utf-8", "no");
        Check(RegularResponse.Of(201, "image/png", "x"u8.ToArray()), 201, "image/png", "x");
        Check(RegularResponse.Empty(204), 204, null, "");
    }

    [Fact]
    public void WithHeader_leaves_the_original_as_it_was()
    {
        var original = RegularResponse.Empty(302).WithHeader("Location", "/a");
        var changed = original.WithHeader("Set-Cookie", "a=1").WithHeader("Set-Cookie", "b=2");
        Assert.Equal(["Location"], original.Headers.Select(f => f.Key));
        Assert.Equal(["/a", "a=1", "b=2"], changed.Headers.Select(f => f.Value));
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("a b", "x")]
    [InlineData("a:", "x")]
    [InlineData("a\r\n", "x")]
    [InlineData("\u00e9", "x")]
    [InlineData("X", "a\rb")]
    [InlineData("X", "a\nb")]
    [InlineData("X", "a\0b")]
    [InlineData("X", "\u0001")]
    [InlineData("X", "\u007f")]
    [InlineData("X", "\u0100")]
    [InlineData("X", "\u560a")] // LF in its low byte
    [InlineData("content-length", "1")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Date", "x")]
    [InlineData("Content-Type", "x")]
    public void A_header_that_could_break_the_response_is_refused(string name, string value) =>
        Assert.Throws<ArgumentException>(() => RegularResponse.Empty(200).WithHeader(name, value));

    [Fact]
    public void Obs_text_and_HTAB_are_allowed_in_values() =>
        Assert.Equal("a\t\u00e9", RegularResponse.Empty(200).WithHeader("X", "a\t\u00e9").Headers[0].Value);

    [Theory]
    [InlineData(101)]
    [InlineData(199)]
    [InlineData(600)]
    public void A_status_outside_200_to_599_is_refused(int status) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RegularResponse.Empty(status));

    [Theory]
    [InlineData(204)]
    [InlineData(205)]
    [InlineData(304)]
    public void A_status_without_content_does_not_allow_a_body(int status)
    {
        Assert.Throws<ArgumentException>(() => RegularResponse.Text("x", status));
        Assert.Equal(status, RegularResponse.Empty(status).StatusCode);
    }

    [Fact]
    public void An_invalid_content_type_is_refused()
    {
        Assert.Throws<ArgumentException>(() => RegularResponse.Of(200, "a\r\nb", default));
    }

    [Theory]
    [InlineData("Connection", "close", true)]
    [InlineData("connection", "Upgrade , CLOSE", true)]
    [InlineData("Connection", "Upgrade", false)]
    [InlineData("X", "close", false)]
    public void A_response_can_close_the_connection(string name, string value, bool closes) =>
        Assert.Equal(closes, RegularResponse.Empty(200).WithHeader(name, value).WithHeader("Y", "z").ClosesConnection);

    private static void Check(RegularResponse response, int status, string? contentType, string body) => Assert.Equal(
        (status, contentType, body), (response.StatusCode, response.ContentType, Encoding.UTF8.GetString(response.Body.Span)));
}
