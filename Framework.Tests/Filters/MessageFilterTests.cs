using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Filters;

/// <summary>Filters that run around a message.</summary>
public class MessageFilterTests
{
    private readonly TestLife _life = new();
    private readonly ConcurrentQueue<string> _steps = new();

    [Fact]
    public async Task Filters_run_around_the_method_in_the_order_in_which_they_were_added()
    {
        await using var server = Server(builder =>
        {
            builder.AddMessageFilter(Steps("outer"));
            builder.AddMessageFilter(Steps("inner"));
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"double","id":1,"data":21}""");

        Assert.Equal("""{"type":"reply","id":1,"data":42}""", await client.TextAsync());
        await Eventually.TrueAsync(() => _steps.Count == 4, "the filters end");
        Assert.Equal(["outer double 21 request", "inner double 21 request", "inner after", "outer after"], _steps);
    }

    [Fact]
    public async Task A_filter_sees_messages_that_no_method_takes_and_the_peer_gets_an_error()
    {
        var unknown = new TaskCompletionSource<(string, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = Server(builder => builder.AddMessageFilter(async (message, next) =>
        {
            await next(message);
            unknown.TrySetResult((message.Name, message.IsUnknown));
        }));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"no\u0070e","id":1}""");

        Assert.Contains("unknown_message", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(("nope", true), await unknown.Task.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_filter_answers_instead_of_the_handler_or_refuses_or_sends_nothing()
    {
        await using var server = Server(builder => builder.AddMessageFilter((message, next) => message.Name switch
        {
            "cached" => message.ReplyAsync(7),
            "forbidden" => throw new MessageException("forbidden", "Not you."),
            "lost" => default,
            _ => next(message),
        }));
        var client = await server.OpenAsync();

        foreach (var name in (string[])["lost", "cached", "forbidden", "double"])
        {
            await client.TextAsync($$"""{"type":"{{name}}","id":1,"data":1}""");
        }

        Assert.Equal("""{"type":"reply","id":1,"data":7}""", await client.TextAsync());
        Assert.Equal("""{"type":"error","id":1,"code":"forbidden","message":"Not you."}""", await client.TextAsync());
        Assert.Equal("""{"type":"reply","id":1,"data":2}""", await client.TextAsync());
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_filter_sees_the_exception_of_the_method_and_may_replace_it()
    {
        await using var server = Server(builder => builder.AddMessageFilter(async (message, next) =>
        {
            try
            {
                await next(message);
            }
            catch (KeyNotFoundException e)
            {
                throw new MessageException("not_found", e.Message);
            }
        }));
        var client = await server.OpenAsync();

        foreach (var name in (string[])["missing", "missing-later", "missing-stream"])
        {
            await client.TextAsync($$"""{"type":"{{name}}","id":1,"data":1}""");
            Assert.Equal("""{"type":"error","id":1,"code":"not_found","message":"No such thing."}""", await client.TextAsync());
        }
    }

    [Fact, Trait("rule", "W9")]
    public async Task A_filter_that_fails_closes_the_connection_like_a_handler()
    {
        await using var server = Server(builder => builder.AddMessageFilter((_, _) => throw new InvalidOperationException("secret")));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"double","data":1}""");

        var close = await client.UntilCloseAsync();
        Assert.Equal(1011, close.Code);
        Assert.DoesNotContain("secret", close.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_concurrent_method_behind_a_filter_that_awaits_runs_concurrently_with_the_next_message()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _beside = release.Task;
        await using var server = Server(builder => builder.AddMessageFilter(async (message, next) =>
        {
            await Task.Yield();
            await next(message);
            if (message.Name == "beside")
            {
                ended.SetResult();
            }
        }));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"beside","id":1}""");
        await client.TextAsync("""{"type":"double","id":2,"data":1}""");

        Assert.Equal("""{"type":"reply","id":2,"data":2}""", await client.TextAsync());
        Assert.False(ended.Task.IsCompleted);
        release.SetResult();
        Assert.Equal("""{"type":"reply","id":1,"data":{}}""", await client.TextAsync());
        await ended.Task.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_stream_is_handled_when_its_last_item_has_been_sent()
    {
        await using var server = Server(builder => builder.AddMessageFilter(Steps("filter")));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"count","id":1,"data":2}""");

        Assert.Equal("""{"type":"next","id":1,"data":0}""", await client.TextAsync());
        Assert.Equal("""{"type":"next","id":1,"data":1}""", await client.TextAsync());
        Assert.Equal("""{"type":"complete","id":1}""", await client.TextAsync());
        await Eventually.TrueAsync(() => _steps.Contains("filter after"), "the filter ends");
    }

    [Fact]
    public async Task The_message_context_stays_valid_after_an_await_when_the_frame_is_gone()
    {
        await using var server = Server(builder => builder.AddMessageFilter(async (message, next) =>
        {
            await Task.Yield();
            await next(message);
        }));
        var client = await server.OpenAsync();

        for (var i = 0; i < 50; i++)
        {
            await client.TextAsync($$"""{"type":"double","id":"{{i}}","data":{{i}}}""");
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($$"""{"type":"reply","id":"{{i}}","data":{{2 * i}}}""", await client.TextAsync());
        }
    }

    [Fact]
    public async Task Each_connection_has_its_own_filter()
    {
        await using var server = Server(builder => builder.AddMessageFilter<CountingFilter>());
        var (first, second) = (await server.OpenAsync(), await server.OpenAsync());

        await first.TextAsync("""{"type":"filtered","id":1}""");
        await first.TextAsync("""{"type":"filtered","id":2}""");
        await second.TextAsync("""{"type":"filtered","id":3}""");

        Assert.Equal("""{"type":"reply","id":1,"data":1}""", await first.TextAsync());
        Assert.Equal("""{"type":"reply","id":2,"data":2}""", await first.TextAsync());
        Assert.Equal("""{"type":"reply","id":3,"data":1}""", await second.TextAsync());
    }

    [Theory]
    [InlineData(typeof(AnnotationsValidator))]
    [InlineData(typeof(GeneratedValidator))]
    public async Task A_validator_refuses_a_payload_before_the_handler_gets_it(Type validator)
    {
        await using var server = Server(builder =>
        {
            _ = validator == typeof(AnnotationsValidator)
                ? builder.AddPayloadValidator<AnnotationsValidator>()
                : builder.AddPayloadValidator<GeneratedValidator>();
        });
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"order","id":1,"data":{"quantity":0}}""");
        await client.TextAsync("""{"type":"order","id":2,"data":{"quantity":3}}""");

        var refused = await client.TextAsync();
        Assert.Contains("invalid_payload", refused, StringComparison.Ordinal);
        Assert.Contains("between 1 and 100", refused, StringComparison.Ordinal);
        Assert.Equal("""{"type":"reply","id":2,"data":3}""", await client.TextAsync());
    }

    private Task _beside = Task.CompletedTask;

    private Func<MessageContext, MessageFilterDelegate, ValueTask> Steps(string name) => async (message, next) =>
    {
        _steps.Enqueue($"{name} {message.Name} {Encoding.UTF8.GetString(message.Payload.Span)} {(message.IsRequest ? "request" : "notification")}");
        await next(message);
        _steps.Enqueue($"{name} after");
    };

    private TestServer Server(Action<UpgradeProtocolsBuilder> configure) => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, Dispatch));
        configure(builder);
    });

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "double":
                return call.TryRead(TestProtocol.Numbers, out var number) ? call.Reply(2 * number, TestProtocol.Numbers) : default;
            case "order":
                return call.TryRead(s_orders, out var order) ? call.Reply(order.Quantity, TestProtocol.Numbers) : default;
            case "beside":
                return call.Detach(call.Done(_beside));
            case "missing":
                throw new KeyNotFoundException("No such thing.");
            case "missing-later":
                return call.Done(FailLaterAsync());
            case "missing-stream":
                return call.TryOpenStream(out var failing) ? call.Stream(FailingStreamAsync(), failing, TestProtocol.Numbers) : default;
            case "count":
                return call.TryRead(TestProtocol.Numbers, out var count) && call.TryOpenStream(out var stream)
                    ? call.Stream(CountAsync(count), stream, TestProtocol.Numbers)
                    : default;
            default:
                return call.Unknown();
        }
    }

    private static readonly PayloadSerializer<Order> s_orders = TestProtocol.Codec.GetSerializer<Order>();

    private static async Task FailLaterAsync()
    {
        await Task.Yield();
        throw new KeyNotFoundException("No such thing.");
    }

    private static async IAsyncEnumerable<int> FailingStreamAsync()
    {
        await FailLaterAsync();
        yield return 1;
    }

    private static async IAsyncEnumerable<int> CountAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    private sealed class CountingFilter : IMessageFilter
    {
        private int _count;

        public ValueTask InvokeAsync(MessageContext message, MessageFilterDelegate next) => message.ReplyAsync(++_count);
    }
}

internal sealed record Order([property: Range(1, 100)] int Quantity);

/// <summary>The validator of docs/handlers.md.</summary>
internal sealed class AnnotationsValidator : IPayloadValidator
{
    public void Validate(MessageContext message, object payload)
    {
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(payload, new ValidationContext(payload), problems, validateAllProperties: true))
        {
            throw new PayloadException(string.Join(" ", problems.Select(problem => problem.ErrorMessage)));
        }
    }
}

/// <summary>The validator of docs/handlers.md with generated code for the attributes.</summary>
[OptionsValidator]
internal sealed partial class OrderValidator : IValidateOptions<Order>;

internal sealed class GeneratedValidator : IPayloadValidator
{
    private static readonly OrderValidator s_orders = new();

    public void Validate(MessageContext message, object payload)
    {
        if (payload is Order order && s_orders.Validate(null, order) is { Failed: true } result)
        {
            throw new PayloadException(result.FailureMessage);
        }
    }
}
