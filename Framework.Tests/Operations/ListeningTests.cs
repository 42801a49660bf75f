using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Operations;

/// <summary>Tests of the error or warning for configured protocols without a listener.</summary>
public sealed class ListeningTests : IDisposable
{
    private readonly RecordingLogs _logs = new();

    public void Dispose() => _logs.Dispose();

    [Theory]
    [InlineData("MapGet", "MapGet(…)")]
    [InlineData("MapFile", "MapFile(…)")]
    [InlineData("UseEpoll", "UseEpoll()")]
    public async Task Without_Listen_the_start_fails_with_advice_for_all_addresses_of_the_configuration(string call, string named)
    {
        foreach (var addresses in (string[])["", "urls", "Kestrel:Endpoints:Http:Url"])
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(builder => Call(builder, call), addresses));

            Assert.Contains("Listen(\"http://localhost:5080\")", error.Message, StringComparison.Ordinal);
            Assert.Contains("--urls", error.Message, StringComparison.Ordinal);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Protocols_without_a_listener_are_a_warning()
    {
        using var host = await StartAsync(static builder => builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo)));

        var warning = Assert.Single(_logs.Entries, static entry => entry.Id == 8);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("Listen(", warning.Message, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task With_Listen_no_warning_is_logged()
    {
        await using var host = await TransportHost.StartAsync(configuration: new() { ["urls"] = "http://127.0.0.1:0" });

        Assert.DoesNotContain(host.Logs.AboveDebug, static entry => entry.Level > LogLevel.Information);
    }

    [Fact]
    public async Task Routes_of_the_lightweight_server_log_a_warning_in_a_web_application_without_it()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(_logs);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        Call(new UpgradeProtocolsBuilder(builder.Services), "MapGet");
        await using var app = builder.Build();

        await app.StartAsync();

        Assert.Equal(LogLevel.Warning, Assert.Single(_logs.Entries, static entry => entry.Id == 9).Level);
    }

    [Theory]
    [InlineData(0, 512, 1)]
    [InlineData(2000, 512, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 512, -1)]
    [InlineData(1, 512, 86_400)]
    public async Task Invalid_options_of_the_epoll_transport_fail_the_start(int loops, int backlog, int seconds)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => TransportHost.StartAsync(configure: builder => builder.UseEpoll(options =>
        {
            (options.LoopCount, options.Backlog) = (loops, backlog);
            options.BlockedLoopThreshold = TimeSpan.FromSeconds(seconds);
        })));

        Assert.Contains("must be", error.Message, StringComparison.Ordinal);
    }

    private static void Call(UpgradeProtocolsBuilder builder, string call) => _ = call switch
    {
        "MapGet" => builder.MapGet("/", static _ => Results.Text("x")),
        "MapFile" => builder.MapFile("/", "index.html"),
        _ => builder.UseEpoll(),
    };

    private async Task<IHost> StartAsync(Action<UpgradeProtocolsBuilder> configure, string addresses = "")
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(_logs);
        if (addresses.Length > 0)
        {
            builder.Configuration.AddInMemoryCollection([new(addresses, "http://127.0.0.1:0")]);
        }

        configure(new UpgradeProtocolsBuilder(builder.Services));
        var host = builder.Build();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
