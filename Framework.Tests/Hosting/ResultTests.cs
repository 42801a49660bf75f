using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>ASP.NET Core's results as responses of the lightweight server.</summary>
public class ResultTests
{
    public static TheoryData<string, IResult, int, string?, string> Results { get; } = new()
    {
        { "text", TypedResults.Text("h\u00e9"), 200, "text/plain; charset=utf-8", "h\u00e9" },
        { "a page", TypedResults.Content("<p>", "text/html; charset=utf-8"), 200, "text/html; charset=utf-8", "<p>" },
        { "JSON", TypedResults.Json(new[] { 1, 2 }), 200, "application/json; charset=utf-8", "[1,2]" },
        { "bytes", TypedResults.Bytes("x"u8.ToArray(), "image/png"), 200, "image/png", "x" },
        { "a status", TypedResults.StatusCode(404), 404, null, "" },
        { "no content", TypedResults.NoContent(), 204, null, "" },
        { "a problem", TypedResults.Problem("why", statusCode: 409), 409, "application/problem+json", "why" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public async Task A_result_is_sent_as_it_is(string what, IResult result, int status, string? contentType, string body)
    {
        var response = await RunAsync(result);

        Assert.True((status, contentType) == (response.StatusCode, response.ContentType), $"{what}: {response.StatusCode} {response.ContentType}");
        Assert.Contains(body, Encoding.UTF8.GetString(response.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_a_result_are_sent_each_value_on_a_line_of_its_own()
    {
        var response = await RunAsync(new Result(context =>
        {
            context.Response.Headers.Append("Set-Cookie", new[] { "a=1", "b=2" });
            context.Response.Headers.ContentLength = 17;
            return context.Response.WriteAsync("x");
        }));

        Assert.Equal([new("Set-Cookie", "a=1"), new("Set-Cookie", "b=2")], response.Headers);
        Assert.Equal("x", Encoding.UTF8.GetString(response.Body.Span));
    }

    [Fact]
    public async Task A_result_sees_the_request()
    {
        string? seen = null;
        await RunAsync(new Result(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen = $"{context.Request.Method} {context.Request.Path} {context.Request.Query["a"]} {context.Request.Headers["X"]} {await reader.ReadToEndAsync()}";
        }));

        Assert.Equal("POST /path 1|2 y body", seen?.Replace(',', '|'));
    }

    [Fact]
    public async Task Callbacks_of_a_result_run_at_the_end_and_its_services_are_disposed()
    {
        var steps = new List<string>();
        await using var services = new ServiceCollection().AddScoped(_ => new Service(steps)).BuildServiceProvider();
        var response = await RunAsync(
            new Result(context =>
            {
                context.RequestServices.GetRequiredService<Service>();
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers["Late"] = "yes";
                    return Task.CompletedTask;
                });
                context.Response.OnCompleted(() =>
                {
                    steps.Add("completed");
                    return Task.CompletedTask;
                });
                return Task.CompletedTask;
            }),
            services);

        Assert.Equal("Late", Assert.Single(response.Headers).Key);
        Assert.Equal(["completed", "disposed"], steps.Order());
    }

    [Theory]
    [InlineData(101, "")]
    [InlineData(204, "a body")]
    public async Task A_response_that_HTTP_forbids_fails(int status, string body) => await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
        await RunAsync(new Result(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body)).AsTask();
        })));

    private static async Task<RegularResponse> RunAsync(IResult result, ServiceProvider? services = null)
    {
        await using var own = services is null ? new ServiceCollection().AddLogging().BuildServiceProvider() : null;
        var request = Http.Heads.Accept("POST /path?a=1&a=2 HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 4\r\n\r\n");
        request.Complete("body"u8.ToArray());
        return await ResultExecution.RunAsync(result, request, (services ?? own)!.GetRequiredService<IServiceScopeFactory>(), default);
    }

    private sealed class Result(Func<HttpContext, Task> execute) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => execute(httpContext);
    }

    private sealed class Service(List<string> steps) : IDisposable
    {
        public void Dispose() => steps.Add("disposed");
    }
}
