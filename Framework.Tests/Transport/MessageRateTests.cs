using System.Threading.RateLimiting;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T2")]
public class MessageRateTests
{
    [Fact]
    public async Task Messages_over_the_rate_limit_close_the_connection_with_1008()
    {
        var limiter = new CountingLimiter(2);
        await using var server = Server(_ => limiter);
        var client = await server.OpenAsync("/echo");
        foreach (var text in (string[])["a", "b"])
        {
            await client.TextAsync(text);
            Assert.Equal(text, await client.TextAsync());
        }

        await client.TextAsync("c");
        var close = await client.UntilCloseAsync();
        Assert.Equal(1008, close.Code);
        Assert.Equal("The peer sends messages faster than the rate limiter allows.", close.Reason);
        await server.AdvanceUntilAsync(client.EndAsync());
        await server.EndedAsync();
        Assert.True(limiter.IsDisposed);
        Assert.Equal(3, limiter.Asked);
        Assert.Contains(server.Logs.AboveDebug, entry => entry.Id == 121);
    }

    [Fact]
    public async Task Messages_after_a_refused_message_are_not_handled()
    {
        var handled = 0;
        var limiter = new CountingLimiter(1);
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(new TestLife(), (TestHandler _, ref Runtime.MessageCall<RawMessageFormat> call) =>
            {
                handled++;
                return call.Done(default(ValueTask));
            })),
            options => options.MessageRateLimiter = _ => limiter);
        var client = await server.OpenAsync();
        await client.SendAsync(WebSockets.ClientFrames.Join(Enumerable.Repeat(WebSockets.ClientFrames.Text("x"), 50)));
        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
        Assert.Equal(1, handled);
        Assert.Equal(2, limiter.Asked);
    }

    [Fact]
    public async Task Unknown_and_unreadable_messages_count()
    {
        await using var server = Server(_ => new CountingLimiter(2));
        var client = await server.OpenAsync("/json");
        await client.TextAsync("""{"type":"nobody","id":1}""");
        Assert.Contains("error", await client.TextAsync(), StringComparison.Ordinal);
        await client.TextAsync("""{"type":"nobody","id":2}""");
        Assert.Contains("error", await client.TextAsync(), StringComparison.Ordinal);
        await client.TextAsync("not JSON");
        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
    }

    [Fact]
    public async Task Pings_and_fragments_do_not_count()
    {
        await using var server = Server(_ => new CountingLimiter(1));
        var client = await server.OpenAsync("/echo");
        for (var i = 0; i < 5; i++)
        {
            await client.PingAsync("p");
            Assert.Equal(10, (await client.FrameAsync()).Opcode);
        }

        await client.FrameAsync(1, "a"u8.ToArray(), fin: false);
        await client.FrameAsync(0, "b"u8.ToArray(), fin: false);
        await client.FrameAsync(0, "c"u8.ToArray());
        Assert.Equal("abc", await client.TextAsync());
    }

    [Fact]
    public async Task Messages_of_a_framed_raw_protocol_count()
    {
        var limiter = new CountingLimiter(2);
        await using var server = Server(_ => limiter);
        var client = server.Connect();
        await client.OpenRawAsync("/lines", "lines/1");
        await client.SendAsync("one\ntwo\n");
        Assert.Equal("one\ntwo\n", await client.StringAsync(8));
        await client.SendAsync("three\n");

        // The server reads for a moment longer: unread data of the client would reset the connection and lose the reply.
        await server.AdvanceUntilAsync(client.EndAsync());
        await server.EndedAsync();
        Assert.Equal(3, limiter.Asked);
        Assert.True(limiter.IsDisposed);
    }

    [Fact]
    public async Task Each_connection_has_its_own_limiter_or_none()
    {
        var made = new List<CountingLimiter>();
        await using var server = Server(connection =>
        {
            if (connection.Request.GetQueryValue("free") is not null)
            {
                return null;
            }

            made.Add(new CountingLimiter(1));
            return made[^1];
        });
        var free = await server.OpenAsync("/echo?free");
        var first = await server.OpenAsync("/echo");
        var second = await server.OpenAsync("/echo");
        Assert.Equal(2, made.Count);
        foreach (var client in (TestClient[])[free, first, second])
        {
            await client.TextAsync("x");
            Assert.Equal("x", await client.TextAsync());
        }

        await free.TextAsync("y");
        Assert.Equal("y", await free.TextAsync());
    }

    [Fact]
    public async Task A_limiter_of_the_platform_can_be_used()
    {
        using var window = new FixedWindowRateLimiter(new()
        {
            PermitLimit = 1,
            Window = TimeSpan.FromHours(1),
            AutoReplenishment = false,
            QueueLimit = 0,
        });
        await using var server = Server(_ => window);
        var client = await server.OpenAsync("/echo");
        await client.TextAsync("a");
        Assert.Equal("a", await client.TextAsync());
        await client.TextAsync("b");
        Assert.Equal(1008, (await client.UntilCloseAsync()).Code);
    }

    [Fact]
    public async Task A_refused_upgrade_creates_no_limiter_and_a_failing_factory_refuses_the_upgrade()
    {
        var made = 0;
        var life = new TestLife { Upgrading = _ => new(UpgradeResult.Refuse(403, "No.")) };
        await using var server = new TestServer(
            builder =>
            {
                builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, "/refused"));
                builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo, "/echo"));
            },
            options => options.MessageRateLimiter = _ =>
            {
                made++;
                throw new InvalidOperationException("broken");
            });
        var refused = server.Connect();
        await refused.SendAsync(TestClient.Upgrade("/refused"));
        Assert.Equal(403, (await refused.ResponseAsync()).Status);
        Assert.Equal(0, made);
        var broken = server.Connect();
        await broken.SendAsync(TestClient.Upgrade("/echo"));
        var answer = await broken.ResponseAsync();
        Assert.Equal(500, answer.Status);
        Assert.DoesNotContain("broken", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limiter_that_throws_is_a_failure_of_the_application()
    {
        await using var server = Server(_ => new CountingLimiter(-1));
        var client = await server.OpenAsync("/echo");
        await client.TextAsync("a");
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
    }

    private static TestServer Server(Func<UpgradeConnection, RateLimiter?> limiter) => new(
        builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo, "/echo"));
            builder.AddProtocol(TestProtocol.Json(new TestLife(), TestProtocol.Nothing, "/json"));
            builder.AddProtocol(TestProtocol.Lines(new TestLife(), TestProtocol.Echo, "/lines"));
        },
        options => options.MessageRateLimiter = limiter);

    private sealed class CountingLimiter(int permits) : RateLimiter
    {
        public int Asked { get; private set; }

        public bool IsDisposed { get; private set; }

        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => null;

        protected override RateLimitLease AttemptAcquireCore(int permitCount)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(permits);
            return new Lease(++Asked <= permits);
        }

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Lease(bool isAcquired) : RateLimitLease
    {
        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
