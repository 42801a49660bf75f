using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Operations;

/// <summary>Tests of the health check that a load balancer uses.</summary>
public class HealthTests
{
    [Fact]
    public async Task A_server_is_healthy_while_it_listens_until_it_begins_to_stop()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        new UpgradeProtocolsBuilder(builder.Services).Listen("http://127.0.0.1:0").AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo));
        builder.Services.AddHealthChecks().AddUpgradeProtocols(tags: ["ready"]);
        using var host = builder.Build();

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host.Services)).Status);
        await host.StartAsync(TestContext.Current.CancellationToken);
        var healthy = await CheckAsync(host.Services);
        Assert.Equal((HealthStatus.Healthy, 0, false), (healthy.Status, healthy.Data["connections"], healthy.Data["draining"]));
        Assert.Single((IReadOnlyCollection<string>)healthy.Data["addresses"]);

        // Before any service is stopped: tests must not rely on the order in which a host stops its services.
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        var draining = await CheckAsync(host.Services);
        Assert.Equal((HealthStatus.Unhealthy, true), (draining.Status, draining.Data["draining"]));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_full_server_is_degraded_and_the_application_may_set_the_failure_status()
    {
        await using var server = new TestServer(
            builder =>
            {
                builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo));
                builder.Services.AddHealthChecks().AddUpgradeProtocols("sockets", HealthStatus.Degraded);
            },
            options => options.MaxConnections = 1);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(server.Services, "sockets")).Status);

        await server.OpenAsync();

        var full = await CheckAsync(server.Services, "sockets");
        Assert.Equal(HealthStatus.Degraded, full.Status);
        Assert.Contains("MaxConnections", full.Description, StringComparison.Ordinal);
        server.Engine.IsStopping = true;
        Assert.StartsWith("Draining", (await CheckAsync(server.Services, "sockets")).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_its_backplane_is_degraded_and_reports_the_reason_until_it_reconnects()
    {
        var network = new InProcessNetwork { IsCut = true };
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo));
            builder.AddBackplane(_ => network.Connect());
            builder.Services.AddHealthChecks().AddUpgradeProtocols("sockets");
        });
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(server.Services, "sockets")).Status);
        await server.Hub.Backplane!.StartAsync(TestContext.Current.CancellationToken);

        var away = await CheckAsync(server.Services, "sockets");
        Assert.Equal((HealthStatus.Degraded, "The network is cut."), (away.Status, away.Data["backplane"]));
        Assert.Contains("The network is cut.", away.Description, StringComparison.Ordinal);
        network.IsCut = false;

        var back = await CheckAsync(server.Services, "sockets");
        Assert.Equal((HealthStatus.Healthy, "connected"), (back.Status, back.Data["backplane"]));
    }

    [Fact]
    public async Task A_draining_server_also_counts_the_handlers_of_ended_connections()
    {
        var life = new TestLife();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Raw(life, Hold));
            builder.Services.AddHealthChecks().AddUpgradeProtocols("sockets");
        });
        var client = await server.OpenAsync();
        _ = client.Post(ClientFrames.Text("work"));
        await begun.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        client.Abort();
        await Eventually.TrueAsync(() => server.Hub.Count == 0, "the connection has ended");
        server.Engine.IsStopping = true;

        var draining = await CheckAsync(server.Services, "sockets");
        Assert.Equal((0, 1), (draining.Data["connections"], draining.Data["ending"]));
        Assert.Contains("1 handlers still run", draining.Description, StringComparison.Ordinal);
        release.SetResult();
        await server.EndedAsync();
        Assert.Equal(0, (await CheckAsync(server.Services, "sockets")).Data["ending"]);

        ValueTask Hold(TestHandler handler, ref MessageCall<RawMessageFormat> call)
        {
            begun.SetResult();
            return new ValueTask(release.Task);
        }
    }

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services, string name = "upgrade-protocols") =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries[name];
}
