using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H11")]
public class ResponseWriterTests
{
    private const string Date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(1994, 11, 6, 8, 49, 37, TimeSpan.Zero));

    private ResponseWriter Writer => new(new DateField(_time));

    private string Write(RegularResponse response, bool isHead = false, bool close = false)
    {
        var output = new ArrayBufferWriter<byte>();
        Writer.Write(output, response, isHead, close);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    [Fact]
    public void A_response_has_date_type_length_and_body()
    {
        const string Head = $"HTTP/1.1 200 OK\r\n{Date}Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n";
        Assert.Equal(Head + "\r\nhello\n", Write(RegularResponse.Text("hello\n")));
        Assert.Equal(Head + "\r\n", Write(RegularResponse.Text("hello\n"), isHead: true));
        Assert.Equal(Head + "Connection: close\r\n\r\nhello\n", Write(RegularResponse.Text("hello\n"), close: true));
    }

    [Fact]
    public void Headers_keep_their_order_and_bytes() => Assert.Equal(
        $"HTTP/1.1 302 Found\r\n{Date}Content-Length: 0\r\nLocation: /a\r\nX: \u00e9\r\nX: 2\r\n\r\n",
        Write(RegularResponse.Empty(302).WithHeader("Location", "/a").WithHeader("X", "\u00e9").WithHeader("X", "2")));

    [Theory]
    [InlineData(204, "HTTP/1.1 204 No Content\r\n")]
    [InlineData(304, "HTTP/1.1 304 Not Modified\r\n")]
    public void A_status_without_content_has_no_Content_Length(int status, string line) =>
        Assert.Equal($"{line}{Date}\r\n", Write(RegularResponse.Empty(status)));

    [Theory]
    [InlineData(205, "Reset Content")]
    [InlineData(413, "Content Too Large")]
    [InlineData(418, "")]
    [InlineData(426, "Upgrade Required")]
    [InlineData(505, "HTTP Version Not Supported")]
    [InlineData(599, "")]
    public void The_status_line_has_the_reason_phrase_of_a_known_status(int status, string reason) =>
        Assert.Equal($"HTTP/1.1 {status} {reason}\r\n{Date}Content-Length: 0\r\n\r\n", Write(RegularResponse.Empty(status)));

    [Theory]
    [InlineData("Upgrade", false, "Connection: Upgrade\r\n")]
    [InlineData("Upgrade", true, "Connection: Upgrade, close\r\n")]
    [InlineData("close", true, "Connection: close\r\n")]
    [InlineData("close, Upgrade", true, "Connection: close, Upgrade\r\n")]
    [InlineData("", false, "")]
    [InlineData("", true, "Connection: close\r\n")]
    public void Connection_options_of_the_response_are_merged_with_those_of_the_server(string own, bool close, string line) => Assert.Equal(
        $"HTTP/1.1 426 Upgrade Required\r\n{Date}Content-Length: 0\r\n{line}Upgrade: a, b\r\n\r\n",
        Write(RegularResponse.Empty(426).WithHeader("Connection", own).WithHeader("Upgrade", "a, b"), close: close));

    [Fact]
    public void An_error_is_one_line_of_text_and_closes()
    {
        var output = new ArrayBufferWriter<byte>();
        Writer.WriteError(output, new HttpRequestError(405, "No.", "GET"), isHead: false);
        Assert.Equal(
            $"HTTP/1.1 405 Method Not Allowed\r\n{Date}Content-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n" +
            "Connection: close\r\nAllow: GET\r\n\r\nNo.\n",
            Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact, Trait("rule", "N7")]
    public void The_interim_response_is_only_a_status_line()
    {
        var output = new ArrayBufferWriter<byte>();
        ResponseWriter.WriteContinue(output);
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Fact, Trait("rule", "N4")]
    public void Switching_protocols_has_the_token_and_no_length()
    {
        var output = new ArrayBufferWriter<byte>();
        Writer.WriteSwitchingProtocols(output, "example/1", [new("Sec-WebSocket-Accept", "s3p="), new("X", "y")]);
        Assert.Equal(
            $"HTTP/1.1 101 Switching Protocols\r\n{Date}Connection: Upgrade\r\nUpgrade: example/1\r\n" +
            "Sec-WebSocket-Accept: s3p=\r\nX: y\r\n\r\n",
            Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Theory, Trait("rule", "N10")]
    [InlineData("Connection", "x")]
    [InlineData("upgrade", "x")]
    [InlineData("Content-Length", "0")]
    [InlineData("X", "a\r\nY: b")]
    [InlineData("X Y", "a")]
    public void An_invalid_header_of_a_101_is_refused_before_a_byte_is_written(string name, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentException>(() => Writer.WriteSwitchingProtocols(output, "x", [new(name, value)]));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Long_headers_and_bodies_are_written_completely()
    {
        var value = new string('v', 5000);
        var body = new string('b', 100_000);
        var written = Write(RegularResponse.Text(body).WithHeader("X", value));
        Assert.EndsWith($"Content-Length: 100000\r\nX: {value}\r\n\r\n{body}", written);
    }

    [Fact]
    public void The_date_is_formatted_once_per_second()
    {
        var date = new DateField(_time);
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Encoding.ASCII.GetString(date.Value));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var length = date.Value.Length;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(29, length);
        Assert.Equal("Sun, 06 Nov 1994 08:49:37 GMT", Encoding.ASCII.GetString(date.Value));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Sun, 06 Nov 1994 08:49:38 GMT", Encoding.ASCII.GetString(date.Value));
    }
}
