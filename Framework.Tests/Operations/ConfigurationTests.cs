using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Operations;

/// <summary>Tests of the configuration section UpgradeProtocols: its options, its validation and the effect of a change.</summary>
public class ConfigurationTests
{
    [Fact]
    public void Every_option_can_be_set()
    {
        var options = Options(new()
        {
            ["HandshakeTimeout"] = "00:00:03",
            ["keepAliveInterval"] = "00:01:00",
            ["MaxConnections"] = "500",
            ["MaxMessageSize"] = "65536",
            ["Compression:MinimumSize"] = "1024",
            ["Compression:Level"] = "Optimal",
            ["AllowedOrigins:0"] = "https://app.example",
            ["AllowedHosts:0"] = "app.example",
            ["KnownProxies:0"] = "10.0.0.0/8",
            ["KnownProxies:1"] = "fd00::/8",
            ["ProxyProtocol"] = "true",
            ["IncludeErrorDetail"] = "true",
        });

        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1), 500, 65536), (options.HandshakeTimeout, options.KeepAliveInterval, options.MaxConnections, options.MaxMessageSize));
        Assert.Equal((1024, System.IO.Compression.CompressionLevel.Optimal), (options.Compression.MinimumSize, options.Compression.Level));
        Assert.Equal(["https://app.example"], options.AllowedOrigins);
        Assert.Equal(["app.example"], options.AllowedHosts);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")], options.KnownProxies);
        Assert.True(options.ProxyProtocol && options.IncludeErrorDetail);
    }

    [Fact]
    public void The_configuration_overrides_the_code_and_leaves_the_rest()
    {
        var options = Options(
            new() { ["MaxMessageSize"] = "7", ["AllowedOrigins:0"] = "https://operator.example" },
            code =>
            {
                code.MaxMessageSize = 100;
                code.MaxWaitingBytes = 100;
                code.AllowedOrigins.Add("https://code.example");
                code.AllowedHosts.Add("code.example");
            });

        Assert.Equal((7, 100), (options.MaxMessageSize, options.MaxWaitingBytes));
        Assert.Equal(["https://operator.example"], options.AllowedOrigins);
        Assert.Equal(["code.example"], options.AllowedHosts);
    }

    [Theory]
    [InlineData("MaxConections", "5", "UpgradeProtocols:MaxConections is not an option")]
    [InlineData("MessageRateLimiter", "5", "is not an option")]
    [InlineData("Authenticate", "everybody", "is not an option")]
    [InlineData("BearerToken:Prefix", "token.", "is not an option")]
    [InlineData("Compression:Levle", "Optimal", "UpgradeProtocols:Compression:Levle is not an option")]
    [InlineData("MaxMessageSize", "much", "MaxMessageSize")]
    [InlineData("MaxMessageSize", "0", "it must be 1 at least")]
    [InlineData("CloseTimeout", "-00:00:01", "it must be longer than zero")]
    [InlineData("KnownProxies:0", "10.0.0.0/99", "it must be a network such as 10.0.0.0/8")]
    [InlineData("AllowedOrigins:0", "app.example", "is not a valid origin")]
    public async Task An_invalid_option_stops_the_start_with_an_explanation(string key, string value, string problem)
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TransportHost.StartAsync(
            configuration: new() { [$"UpgradeProtocols:{key}"] = value }));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_applies_to_new_connections_without_a_restart()
    {
        using var source = new Changing();
        await using var server = await Running.StartAsync(source, new() { ["MaxMessageSize"] = "10", ["AllowedHosts:0"] = "*" });
        var before = await server.Server.OpenAsync();
        await before.TextAsync("it reads");
        await before.TextAsync();

        source.Change(new() { ["MaxMessageSize"] = "20", ["AllowedHosts:0"] = "other.example" });

        // A connection keeps the limit from the time it was opened.
        await before.TextAsync("012345678901");
        Assert.Equal(1009, (await before.UntilCloseAsync()).Code);
        var refused = server.Server.Connect();
        await refused.SendAsync(TestClient.Upgrade("/"));
        Assert.Equal(400, (await refused.ResponseAsync()).Status);
        source.Change(new() { ["MaxMessageSize"] = "20" });
        var after = await server.Server.OpenAsync();
        await after.TextAsync("012345678901");
        Assert.Equal("012345678901", await after.TextAsync());
        Assert.Equal(2, server.Server.Logs.Entries.Count(entry => entry.Id == 5));
    }

    [Fact]
    public async Task An_invalid_change_changes_nothing_and_is_logged()
    {
        using var source = new Changing();
        await using var server = await Running.StartAsync(source, new() { ["MaxMessageSize"] = "10" });

        source.Change(new() { ["MaxMessageSize"] = "0" });

        Assert.Equal(10, server.Server.Engine.Options.MaxMessageSize);
        var logged = Assert.Single(server.Server.Logs.Entries, entry => entry.Id == 6);
        Assert.Equal(LogLevel.Warning, logged.Level);
        Assert.Contains("MaxMessageSize is 0", logged.Exception!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_of_the_sockets_need_a_restart_and_the_log_says_so()
    {
        using var source = new Changing();
        await using var server = await Running.StartAsync(source, new());

        source.Change(new() { ["KnownProxies:0"] = "10.0.0.0/8", ["ProxyProtocol"] = "true", ["Compression:MinimumSize"] = "7", ["MaxConnections"] = "1" });

        Assert.Contains("ProxyProtocol, KnownProxies, Compression", Assert.Single(server.Server.Logs.Entries, entry => entry.Id == 7).Message, StringComparison.Ordinal);
        Assert.False(server.Server.Engine.Options.ProxyProtocol);
        Assert.False(server.Server.Engine.Proxies.Contains(IPEndPoint.Parse("10.0.0.1:1")));
        await server.Server.OpenAsync();
        Assert.Equal(503, (await server.Server.Connect().ResponseAsync()).Status);
    }

    private static UpgradeOptions Options(Dictionary<string, string?> settings, Action<UpgradeOptions>? code = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(Section(settings)).Build());
        new UpgradeProtocolsBuilder(services).Configure(code ?? (_ => { }));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<UpgradeOptions>>().Value;
    }

    private static Dictionary<string, string?> Section(Dictionary<string, string?> settings) =>
        settings.ToDictionary(pair => $"UpgradeProtocols:{pair.Key}", pair => pair.Value);

    /// <summary>A configuration that can change at run time, like a file.</summary>
    private sealed class Changing : ConfigurationProvider, IConfigurationSource, IDisposable
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public void Set(Dictionary<string, string?> settings) => Data = Section(settings);

        public void Change(Dictionary<string, string?> settings)
        {
            Set(settings);
            OnReload();
        }

        public void Dispose()
        {
        }
    }

    private sealed class Running(TestServer server, IHostedService[] hosted) : IAsyncDisposable
    {
        public TestServer Server => server;

        public static async Task<Running> StartAsync(Changing source, Dictionary<string, string?> settings)
        {
            source.Set(settings);
            var server = new TestServer(builder =>
            {
                builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Add(source).Build());
                builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo));
            });
            var hosted = server.Services.GetServices<IHostedService>().ToArray();
            foreach (var service in hosted)
            {
                await service.StartAsync(CancellationToken.None);
            }

            return new Running(server, hosted);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var service in hosted)
            {
                await service.StopAsync(CancellationToken.None);
            }

            await server.DisposeAsync();
        }
    }
}
