using System.Net.WebSockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Tests.Diagnostics;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosted;

/// <summary>The server refuses unauthorized and excessive clients as documented, and metrics and log show each refusal, in every kind of hosting.</summary>
public abstract class RefusalBehaviour(HostedServer server) : IAsyncDisposable
{
    private const int RefusedId = 11;
    private const int UnknownMessageId = 104;
    private const int TooFastId = 121;
    private const int ExpiredId = 140;
    private const int ForbiddenId = 141;

    private readonly MeterProbe _probe = new(server.Services);
    private readonly int _logged = server.Logs.Entries.Count;

    /// <summary>The server is the next test's too: what it measures of this one's connections has to come before.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Eventually.TrueAsync(
            () => _probe.Of("upgrade.server.connection.duration").Count() == _probe.Of("upgrade.server.upgrades").Count(), "every connection's end is measured");
        _probe.Dispose();
    }

    [Fact, Trait("rule", "S8")]
    public async Task An_upgrade_without_a_login()
    {
        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/private", ["private.v1"]));

        await SeenAsync("unauthorized", 401);
        Assert.Contains("GET /private", Assert.Single(Logged(RefusedId)).Message.Replace("CONNECT", "GET", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "S8")]
    public async Task A_user_without_the_role()
    {
        Assert.Equal(403, await HostedClient.RefusedAsync(server, "/private", ["keepers.v1"], With(TestTokens.Of("ann"))));

        await SeenAsync("unauthorized", 403);
    }

    [Fact, Trait("rule", "S8")]
    public async Task An_expired_token()
    {
        var token = TestTokens.Of("ann", expires: DateTimeOffset.UnixEpoch);
        Assert.Equal(401, await HostedClient.RefusedAsync(server, "/private", ["private.v1", "bearer." + token]));

        await SeenAsync("unauthorized", 401);
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_expires_while_it_is_used()
    {
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/expiring", ["room.v2"], With(TestTokens.Of("ann")));
        await client.SendAsync("""{"type":"renew","id":1,"data":{"text":"1000000000"}}""");
        await client.ReceiveAsync();

        Assert.Equal((4401, "The login has expired."), await client.ClosedAsync());

        await Eventually.TrueAsync(() => _probe.Of("upgrade.server.connection.duration").Any(), "the connection's end is measured");
        var ended = Assert.Single(_probe.Of("upgrade.server.connection.duration"));
        Assert.Equal(("4xxx", "local"), (ended.Tags["upgrade.close.code"], ended.Tags["upgrade.close.initiator"]));
        Assert.Single(Logged(ExpiredId));
    }

    [Fact, Trait("rule", "S7")]
    public async Task A_page_of_another_origin()
    {
        Assert.Equal(403, await HostedClient.RefusedAsync(
            server, "/rooms/one", ["room.v2"], static options => options.SetRequestHeader("Origin", "https://evil.example")));

        await SeenAsync("origin", 403);
        Assert.Contains("AllowedOrigins", Assert.Single(Logged(RefusedId)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forbidden_message()
    {
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/forbidden", ["room.v2"], With(TestTokens.Of("ann")));

        await client.SendAsync("""{"type":"sweep","id":1}""");

        Assert.Contains("\"code\":\"forbidden\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => _probe.Sum("upgrade.server.protocol_errors", ("error.type", "forbidden"), ("upgrade.protocol", "room.v2")) == 1, "it is counted");
        Assert.Contains("is not authorized to send 'sweep'", Assert.Single(Logged(ForbiddenId)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_unknown_messages()
    {
        await using var client = await HostedClient.ConnectAsync(server, "/rooms/flood", ["room.v2"]);

        for (var i = 0; i <= Limits.Messages; i++)
        {
            await client.SendAsync($$$"""{"type":"made-up-{{{i}}}","id":{{{i}}}}""");
        }

        for (var i = 0; i < Limits.Messages; i++)
        {
            Assert.Contains($"\"id\":{i},\"code\":\"unknown_message\"", await client.ReceiveAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1008, (await client.ClosedAsync()).Code);
        await Eventually.TrueAsync(() => _probe.Sum("upgrade.server.protocol_errors", ("error.type", "1008")) == 1, "the end is counted");
        Assert.Equal(Limits.Messages, _probe.Sum("upgrade.server.protocol_errors", ("error.type", "unknown_message")));
        Assert.Equal(Limits.Messages, Logged(UnknownMessageId).Count());
        Assert.Single(Logged(TooFastId));
    }

    private static Action<ClientWebSocketOptions> With(string token) => options => options.SetRequestHeader("Authorization", "Bearer " + token);

    private async Task SeenAsync(string reason, int status)
    {
        await Eventually.TrueAsync(() => _probe.Of("upgrade.server.refusals").Any() && Logged(RefusedId).Any(), "it is counted and logged");
        var refusal = Assert.Single(_probe.Of("upgrade.server.refusals"));
        Assert.Equal((reason, status), (refusal.Tags["upgrade.refusal.reason"], refusal.Tags["http.response.status_code"]));
        Assert.StartsWith($"Refused with {status}: ", Assert.Single(Logged(RefusedId)).Message, StringComparison.Ordinal);
        Assert.Empty(_probe.Of("upgrade.server.upgrades"));
    }

    private IEnumerable<LogEntry> Logged(int id) => server.Logs.Entries.Skip(_logged).Where(entry => entry.Id == id);
}

/// <summary>The additional limits of the servers of <see cref="RefusalBehaviour"/>.</summary>
internal static class Limits
{
    public const int Messages = 5;

    public static void Configure(IServiceCollection services) => services.Configure<UpgradeOptions>(static options =>
        options.MessageRateLimiter = static _ => new FixedWindowRateLimiter(new() { PermitLimit = Messages, Window = TimeSpan.FromHours(1), AutoReplenishment = false }));
}

public class LimitedStandaloneServer : StandaloneServer
{
    protected override void AddServices(IServiceCollection services)
    {
        base.AddServices(services);
        Limits.Configure(services);
    }
}

public class LimitedMappedServer : MappedServer
{
    protected override void AddServices(IServiceCollection services)
    {
        base.AddServices(services);
        Limits.Configure(services);
    }
}

public class LimitedMappedHttp2Server : MappedHttp2Server
{
    protected override void AddServices(IServiceCollection services)
    {
        base.AddServices(services);
        Limits.Configure(services);
    }
}

public class StandaloneRefusalTests(LimitedStandaloneServer server) : RefusalBehaviour(server), IClassFixture<LimitedStandaloneServer>;

public class MappedRefusalTests(LimitedMappedServer server) : RefusalBehaviour(server), IClassFixture<LimitedMappedServer>;

public class MappedHttp2RefusalTests(LimitedMappedHttp2Server server) : RefusalBehaviour(server), IClassFixture<LimitedMappedHttp2Server>;
