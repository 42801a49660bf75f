using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Transport;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>The application's own code before the 101, or instead of it, has a limit in time.</summary>
public sealed class AnswerTimeoutTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(7);

    private readonly Channel<UpgradeConnection> _asked = Channel.CreateUnbounded<UpgradeConnection>();
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _hanging = new(0);

    public void Dispose() => _hanging.Dispose();

    [Fact]
    public async Task A_responder_that_is_too_late_is_cancelled_and_answered_with_503()
    {
        await using var server = Server(builder => builder.MapGet("/", async (_, ct) =>
        {
            await using var registration = ct.Register(_cancelled.SetResult);
            _hanging.Release();
            await Task.Delay(Timeout.Infinite, ct);
            return Results.Text("never");
        }));
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

        var answering = client.ResponseAsync();
        await PassTimeoutAsync(server, answering);

        var response = await answering;
        Assert.Equal((503, "close"), (response.Status, response["Connection"]));
        await _cancelled.Task.WaitAsync(Patience.Limit);
        client.Shut();
        await client.EndAsync();
        await server.EndedAsync();
        Assert.Equal([20], server.Logs.AboveDebug.Select(entry => entry.Id));
    }

    // Its bytes are pooled: another connection must not get them while it reads them.
    [Fact]
    public async Task The_request_is_there_until_a_late_responder_has_ended()
    {
        var path = new TaskCompletionSource<string>();
        await using var server = Server(builder => builder.MapGet("/late", async (request, _) =>
        {
            await _release.Task;
            path.SetResult(request.Headers["X-Mine"] + request.Path);
            throw new InvalidOperationException("too late anyway");
        }));
        var client = server.Connect();
        await client.SendAsync("GET /late HTTP/1.1\r\nHost: localhost\r\nX-Mine: mine\r\n\r\n");
        var answering = client.ResponseAsync();
        await server.AdvanceUntilAsync(answering);
        Assert.Equal(503, (await answering).Status);
        client.Shut();
        await client.EndAsync();
        var other = server.Connect();
        await other.SendAsync("GET /else HTTP/1.1\r\nHost: localhost\r\nX-Mine: evil\r\n\r\n");
        await other.ResponseAsync();
        other.Shut();

        _release.SetResult();
        await server.EndedAsync();

        Assert.Equal("mine/late", await path.Task);
        Assert.Contains(server.Logs.Entries, entry => entry is { Id: 12, Exception: InvalidOperationException });
    }

    [Fact]
    public async Task An_OnUpgrading_method_that_is_too_late_is_cancelled_and_answered_with_503()
    {
        _life.Upgrading = async handler =>
        {
            await using var registration = handler.Connection.Closed.Register(_cancelled.SetResult);
            await _release.Task;
            return UpgradeResult.Accept();
        };
        await using var server = Server(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        var handler = await _life.CreatedAsync();

        var answering = client.ResponseAsync();
        await server.AdvanceUntilAsync(answering);

        Assert.Equal(503, (await answering).Status);
        await _cancelled.Task.WaitAsync(Patience.Limit);
        client.Shut();
        Assert.False(handler.Disposed.IsCompleted);
        _release.SetResult();
        await handler.Disposed;
        await server.EndedAsync();
        Assert.Empty(server.Hub.List());
    }

    public static TheoryData<string, string> Steps => new()
    {
        { "authenticate", "options.Authenticate" },
        { "policy", "the authorization of GuardedHandler" },
        { "filter", "upgrade filter 2" },
        { "after next", "upgrade filter 1" },
        { "constructor", "the constructor of GuardedHandler" },
        { "upgrading", "[OnUpgrading] of GuardedHandler" },
        { "limiter", "options.MessageRateLimiter" },
    };

    [Theory, MemberData(nameof(Steps))]
    public async Task Each_step_that_hangs_before_the_101_is_named_and_answered_with_503_and_its_place_is_free(string step, string name)
    {
        await using var server = Hanging(step);
        for (var i = 0; i < 2; i++)
        {
            var client = server.Connect();
            await client.SendAsync(TestClient.Upgrade("/"));
            var answering = client.ResponseAsync();
            await PassTimeoutAsync(server, answering);

            Assert.Equal(503, (await answering).Status);
            client.Shut();
            await client.EndAsync();
            await Eventually.TrueAsync(() => server.Engine.Connections.Count == 0, "the place is free, though the application goes on");
        }

        Assert.Equal(2, server.Logs.Entries.Count(entry => entry.Id == 20 && entry.Message.Contains(name, StringComparison.Ordinal)));
        Assert.Equal(2, server.Logs.Entries.Count(static entry => entry.Id == 11));
        _release.SetResult();
        await server.EndedAsync();
        Assert.Empty(server.Hub.List());
    }

    // The end of what was made for it is the application's code too.
    [Fact]
    public async Task A_service_that_hangs_at_its_end_keeps_no_place_after_a_refusal()
    {
        var life = new TestLife
        {
            Create = static services =>
            {
                services.GetRequiredService<SlowToEnd>();
                return new TestHandler();
            },
            Upgrading = static _ => new(UpgradeResult.Refuse(403, "not you")),
        };
        await using var server = Server(builder =>
        {
            builder.Services.AddScoped(_ => new SlowToEnd(_release.Task));
            builder.Configure(static options => options.MaxConnections = 1).AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo));
        });
        for (var i = 0; i < 2; i++)
        {
            var client = server.Connect();
            await client.SendAsync(TestClient.Upgrade("/"));
            Assert.Equal(403, (await client.ResponseAsync()).Status);
            client.Shut();
            await client.EndAsync();
            await Eventually.TrueAsync(() => server.Engine.Connections.Count + server.Hub.Lingering.Count == 0, "the place is free");
        }

        _release.SetResult();
        await server.EndedAsync();
    }

    [Theory]
    [InlineData("authenticate")]
    [InlineData("policy")]
    [InlineData("filter")]
    [InlineData("upgrading")]
    public async Task A_client_that_leaves_ends_the_waiting(string step)
    {
        foreach (var leave in (Action<TestClient>[])[static client => client.Abort(), static client => client.Shut()])
        {
            await using var server = Hanging(step);
            var client = server.Connect();
            await client.SendAsync(TestClient.Upgrade("/"));
            var connection = await _asked.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

            leave(client);

            await Eventually.TrueAsync(() => connection.Closed.IsCancellationRequested, "what hangs is told");
            await Eventually.TrueAsync(() => server.Engine.Connections.Count == 0, "the place is free");
            Assert.Empty(server.Logs.AboveDebug);
        }

        _release.SetResult();
    }

    // N8: it may have said all that it has to say.
    [Fact, Trait("rule", "N8")]
    public async Task A_client_of_a_raw_protocol_that_sends_nothing_more_still_gets_its_101()
    {
        var life = new TestLife
        {
            Upgrading = async _ =>
        {
            await _release.Task;
            return UpgradeResult.Accept();
        }
        };
        await using var server = Server(builder => builder.AddProtocol(TestProtocol.Pipe(life, static async (_, pipe) =>
        {
            var read = await pipe.Input.ReadAtLeastAsync(5);
            await pipe.Output.WriteAsync(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
        }, name: "echo/1")));
        var client = server.Connect();
        var sending = client.Post(Encoding.ASCII.GetBytes(TestClient.UpgradeRaw("/", "echo/1") + "ahead"));
        await life.CreatedAsync();
        client.Shut();

        _release.SetResult();
        await sending;

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal("ahead", await client.StringAsync(5));
    }

    [Fact]
    public async Task A_message_that_was_sent_ahead_reaches_the_handler_after_a_slow_answer()
    {
        _life.Upgrading = async _ =>
        {
            await _release.Task;
            return UpgradeResult.Accept();
        };
        await using var server = Server(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo)));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        await _life.CreatedAsync();
        var sending = client.Post(ClientFrames.Text("ahead"));

        _release.SetResult();
        await sending;

        Assert.Equal(101, (await client.ResponseAsync()).Status);
        Assert.Equal("ahead", await client.TextAsync());
        await client.TextAsync("after");
        Assert.Equal("after", await client.TextAsync());
    }

    [Fact]
    public async Task A_responder_whose_client_is_gone_is_cancelled()
    {
        await using var server = Server(builder => builder.MapGet("/", async (_, ct) =>
        {
            await using var registration = ct.Register(_cancelled.SetResult);
            _asked.Writer.TryWrite(null!);
            await Task.Delay(Timeout.Infinite, ct);
            return Results.Text("never");
        }));
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await _asked.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

        client.Abort();

        await _cancelled.Task.WaitAsync(Patience.Limit);
        await server.EndedAsync();
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task Without_a_limit_an_answer_may_take_any_time()
    {
        await using var server = Server(
            builder => builder.MapGet("/", async (_, _) =>
            {
                await _release.Task;
                return Results.Text("at last");
            }),
            Timeout.InfiniteTimeSpan);
        var client = server.Connect();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        server.Time.Advance(TimeSpan.FromHours(1));

        _release.SetResult();

        Assert.Equal("at last", (await client.ResponseAsync()).Body);
    }

    /// <summary>A server whose application hangs at one of its steps; it is told by the connection's token, and observes it only where it is the policy.</summary>
    private TestServer Hanging(string step)
    {
        async ValueTask HangAsync(string here, UpgradeConnection connection)
        {
            if (here == step)
            {
                _asked.Writer.TryWrite(connection);
                _hanging.Release();
                await _release.Task;
            }
        }

        void Block(string here)
        {
            if (here == step)
            {
                _hanging.Release();
                _release.Task.Wait();
            }
        }

        var life = new TestLife
        {
            Create = _ =>
            {
                Block("constructor");
                return new TestHandler();
            },
            Upgrading = async handler =>
            {
                await HangAsync("upgrading", handler.Connection);
                return UpgradeResult.Accept();
            },
        };
        GuardedHandler.Asked = connection => HangAsync("policy", connection);
        var dispatcher = TestProtocol.Raw(life, TestProtocol.Echo).Dispatcher;
        return Server(builder => builder
            .Configure(options =>
            {
                options.MaxConnections = 1;
                options.Authenticate = async (connection, _) =>
                {
                    await HangAsync("authenticate", connection);
                    return null;
                };
                options.MessageRateLimiter = _ =>
                {
                    Block("limiter");
                    return null;
                };
            })
            .AddUpgradeFilter(async (connection, next) =>
            {
                var result = await next(connection);
                await HangAsync("after next", connection);
                return result;
            })
            .AddUpgradeFilter(async (connection, next) =>
            {
                await HangAsync("filter", connection);
                return await next(connection);
            })
            .AddProtocol(new() { Path = "/", IsDefault = true, HandlerType = typeof(GuardedHandler), Dispatcher = dispatcher }));
    }

    // The answer doesn't come before the timeout. How much later it comes depends on the load of the machine.
    private async Task PassTimeoutAsync(TestServer server, Task answering)
    {
        Assert.True(await _hanging.WaitAsync(Patience.Limit));
        server.Time.Advance(s_timeout - TimeSpan.FromSeconds(1));
        Assert.False(answering.IsCompleted);
        await server.AdvanceUntilAsync(answering);
    }

    private sealed class SlowToEnd(Task end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(end);
    }

    [GuardedHandler.Rule]
    private sealed class GuardedHandler
    {
        public static Func<UpgradeConnection, ValueTask> Asked { get; set; } = _ => default;

        [AttributeUsage(AttributeTargets.Class)]
        public sealed class RuleAttribute : Attribute, IAuthorizationRequirementData
        {
            public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new Requirement()];
        }

        // A requirement that is its own handler.
        private sealed class Requirement : AuthorizationHandler<Requirement>, IAuthorizationRequirement
        {
            protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, Requirement requirement)
            {
                await Asked((UpgradeConnection)context.Resource!);
                context.Succeed(requirement);
            }
        }
    }

    private static TestServer Server(Action<UpgradeProtocolsBuilder> configure, TimeSpan? timeout = null) =>
        new(configure, options => options.AnswerTimeout = timeout ?? s_timeout);
}
