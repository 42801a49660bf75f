using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Filters;

/// <summary>Filters that run around a handshake.</summary>
public class UpgradeFilterTests
{
    private readonly TestLife _life = new();

    [Theory, Trait("rule", "S8")]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(429)]
    public async Task A_filter_refuses_with_its_own_status_body_and_headers_and_no_handler_is_created(int status)
    {
        await using var server = Server(builder => builder.AddUpgradeFilter(
            (_, _) => new(UpgradeResult.Refuse(status, "Not you.").WithHeader("Retry-After", "5"))));
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/"));

        var response = await client.ResponseAsync();
        Assert.Equal((status, "Not you.\n", "5"), (response.Status, response.Body, response["Retry-After"]));
        await server.AdvanceUntilAsync(client.EndAsync());
        Assert.False(_life.HasMade);
    }

    [Fact]
    public async Task Filters_run_in_the_order_in_which_they_were_added_and_see_the_result()
    {
        var steps = new List<string>();
        _life.Upgrading = _ =>
        {
            steps.Add("handler");
            return new(UpgradeResult.Accept());
        };
        await using var server = Server(builder =>
        {
            builder.AddUpgradeFilter(async (connection, next) =>
            {
                steps.Add("first");
                var result = await next(connection);
                steps.Add($"then {result.StatusCode}");
                return result.WithHeader("X-First", "1");
            });
            builder.AddUpgradeFilter((connection, next) =>
            {
                steps.Add("second");
                return next(connection);
            });
        });

        var response = await server.Connect().OpenAsync("/");

        Assert.Equal(["first", "second", "handler", "then 101"], steps);
        Assert.Equal("1", response["X-First"]);
    }

    [Fact]
    public async Task A_filter_class_takes_its_services_from_the_connection_and_sets_the_user()
    {
        await using var server = Server(builder =>
        {
            builder.Services.AddScoped<Tenant>();
            builder.AddUpgradeFilter<TenantFilter>();
        });

        await server.Connect().OpenAsync("/?tenant=blue");

        var handler = await _life.NextAsync();
        Assert.Equal("blue", handler.Connection.Services.GetRequiredService<Tenant>().Name);
        Assert.Equal("blue", handler.Connection.User.FindFirst("sub")!.Value);
    }

    [Theory, Trait("rule", "N10")]
    [InlineData("throws")]
    [InlineData("accepts alone")]
    [InlineData("calls twice")]
    public async Task A_filter_that_fails_is_answered_with_500_and_the_log_says_why(string how)
    {
        await using var server = Server(builder => builder.AddUpgradeFilter(async (connection, next) =>
        {
            switch (how)
            {
                case "throws":
                    throw new InvalidOperationException("secret");
                case "accepts alone":
                    return UpgradeResult.Accept();
                default:
                    await next(connection);
                    return await next(connection);
            }
        }));
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/"));

        var response = await client.ResponseAsync();
        Assert.Equal(500, response.Status);
        Assert.DoesNotContain("secret", response.Body, StringComparison.Ordinal);
        Assert.Contains(server.Logs.Entries, entry => entry is { Level: LogLevel.Error, Exception: InvalidOperationException });
    }

    private TestServer Server(Action<UpgradeProtocolsBuilder> configure) => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo));
        configure(builder);
    });

    private sealed class Tenant
    {
        public string Name { get; set; } = "";
    }

    private sealed class TenantFilter(Tenant tenant) : IUpgradeFilter
    {
        public ValueTask<UpgradeResult> InvokeAsync(UpgradeConnection connection, UpgradeFilterDelegate next)
        {
            tenant.Name = connection.Request.GetQueryValue("tenant")!;
            connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", tenant.Name)], "test")));
            return next(connection);
        }
    }
}
