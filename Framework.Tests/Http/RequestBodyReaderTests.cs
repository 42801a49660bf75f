using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace UpgradeProtocols.Tests.Http;

public class RequestBodyReaderTests
{
    private static UpgradeRequest Post(string fields) => Heads.Accept($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");

    [Theory(Timeout = 10_000), Trait("rule", "H10"), Trait("rule", "N6"), Trait("rule", "N8")]
    [InlineData("X: 1", "", "")]
    [InlineData("Content-Length: 0", "", "")]
    [InlineData("Content-Length: 5", "hello", "hello")]
    [InlineData("Transfer-Encoding: chunked", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello")]
    public async Task The_reader_consumes_exactly_the_body(string fields, string sent, string body)
    {
        var bytes = Pieces.Bytes(sent + "GET /next");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var pipe = new Pipe();
            var request = Post(fields);
            await pipe.Writer.WriteAsync(bytes.AsMemory(0, cut), TestContext.Current.CancellationToken);
            var reading = RequestBodyReader.ReadAsync(pipe.Reader, request.Framing, HttpLimits.Default, TestContext.Current.CancellationToken);
            await pipe.Writer.WriteAsync(bytes.AsMemory(cut), TestContext.Current.CancellationToken);
            var (content, error) = await reading;
            Assert.Null(error);
            Assert.Equal(body, Encoding.ASCII.GetString(content!));
            Assert.Equal("GET /next", await RestAsync(pipe));
        }
    }

    [Fact, Trait("rule", "H7")]
    public async Task A_declared_length_over_the_limit_is_413_before_reading()
    {
        var pipe = new Pipe();
        var limits = new HttpLimits { MaxRequestBodySize = 4 };
        var request = Post("Content-Length: 5");
        var (content, error) = await RequestBodyReader.ReadAsync(pipe.Reader, request.Framing, limits, TestContext.Current.CancellationToken);
        Assert.Null(content);
        Assert.Equal(413, error?.StatusCode);
        Assert.Equal(413, RequestBodyReader.CheckDeclaredLength(Post("Content-Length: 5").Framing, limits)?.StatusCode);
        Assert.Null(RequestBodyReader.CheckDeclaredLength(Post("Content-Length: 4").Framing, limits));
        Assert.Null(RequestBodyReader.CheckDeclaredLength(Post("Transfer-Encoding: chunked").Framing, limits));
    }

    [Theory(Timeout = 10_000)]
    [InlineData("Content-Length: 5", "hell", 400)]
    [InlineData("Content-Length: 5", "", 400)]
    [InlineData("Transfer-Encoding: chunked", "5\r\nhello\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked", "0\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked", "x", 400)]
    [InlineData("Transfer-Encoding: chunked", "10001\r\n", 413)]
    [Trait("rule", "H8"), Trait("rule", "H7")]
    public async Task A_body_that_ends_early_or_is_malformed_is_refused(string fields, string sent, int status)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Pieces.Bytes(sent), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        var request = Post(fields);
        var (content, error) = await RequestBodyReader.ReadAsync(pipe.Reader, request.Framing, HttpLimits.Default, TestContext.Current.CancellationToken);
        Assert.Equal(status, error?.StatusCode);
        Assert.Null(content);
    }

    [Fact(Timeout = 10_000)]
    public async Task A_body_larger_than_the_pipes_threshold_does_not_stall()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1024, resumeWriterThreshold: 512));
        var sent = Enumerable.Range(0, 65536).Select(i => (byte)i).ToArray();
        var request = Post("Content-Length: 65536");
        var reading = RequestBodyReader.ReadAsync(pipe.Reader, request.Framing, HttpLimits.Default, TestContext.Current.CancellationToken);
        foreach (var piece in sent.Chunk(1000))
        {
            await pipe.Writer.WriteAsync(piece, TestContext.Current.CancellationToken);
        }

        var (content, error) = await reading;
        Assert.Null(error);
        Assert.Equal(sent, content);
    }

    [Fact(Timeout = 10_000)]
    public async Task Cancellation_ends_the_reading()
    {
        var pipe = new Pipe();
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reading = RequestBodyReader.ReadAsync(pipe.Reader, Post("Content-Length: 5").Framing, HttpLimits.Default, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        var token = TestContext.Current.CancellationToken;
        reading = RequestBodyReader.ReadAsync(pipe.Reader, Post("Content-Length: 5").Framing, HttpLimits.Default, token).AsTask();
        pipe.Reader.CancelPendingRead();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    private static async Task<string> RestAsync(Pipe pipe)
    {
        await pipe.Writer.CompleteAsync();
        var result = await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(result.Buffer.ToArray());
    }
}
