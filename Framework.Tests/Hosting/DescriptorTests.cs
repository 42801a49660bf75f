using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>Connections and the limit of open files.</summary>
[Trait("rule", "T2")]
public class DescriptorTests
{
    [Theory]
    [InlineData("Max open files            330                  4096                 files     ", 330)]
    [InlineData("Max open files            1048576              1048576              files     ", 1_048_576)]
    public void The_soft_limit_is_read(string line, int limit)
    {
        Assert.True(DescriptorBudget.TryParse(["Limit   Soft Limit   Hard Limit   Units", line], out var read));
        Assert.Equal(limit, read);
    }

    [Theory]
    [InlineData("Max open files            unlimited            unlimited            files     ")]
    [InlineData("Max processes             330                  4096                 processes ")]
    public void Where_there_is_none_nothing_is_bounded(string line) => Assert.False(DescriptorBudget.TryParse([line], out _));

    [Theory]
    [InlineData(330, 150)]
    [InlineData(1024, 150)]
    [InlineData(1_048_576, 200)]
    [InlineData(160, 150)]
    public void A_share_is_for_connections_and_a_reserve_stays(int limit, int inUse)
    {
        var budget = new DescriptorBudget(limit, inUse);
        Assert.InRange(budget.Served, 1, Math.Max(1, limit - inUse - 97));
        Assert.InRange(budget.Lingering, 1, 1024);
        Assert.Equal(budget.Connections, budget.Served + budget.Lingering);
    }

    [Theory]
    [InlineData(null, 26, 80)]
    [InlineData(60, 0, 60)]
    [InlineData(200, 27, 200)]
    public async Task The_start_compares_it_with_MaxConnections(int? max, int logged, int limit)
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = max);
        await Checks(server, new DescriptorBudget(330, 134)).StartAsync(TestContext.Current.CancellationToken);
        var ids = server.Logs.Entries.Select(entry => entry.Id).Where(id => id is >= 25 and <= 27);
        Assert.Equal(logged == 0 ? [] : [logged], ids);
        for (var i = 0; i < limit; i++)
        {
            Assert.True(server.Engine.Connections.TryEnter());
        }

        Assert.False(server.Engine.Connections.TryEnter());
        Assert.Equal((20, 100), (server.Hub.Lingering.Max, server.Engine.Gate.Max));
        server.Engine.TryReload(new UpgradeOptions());
        Assert.Equal(limit >= 80, server.Engine.Connections.IsFull);
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(31, true)]
    public async Task The_start_compares_DrainTimeout_with_the_hosts_time(int seconds, bool isLogged)
    {
        await using var server = new TestServer(Pages, options => options.DrainTimeout = TimeSpan.FromSeconds(seconds));
        await Checks(server, null).StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(isLogged, server.Logs.AboveDebug.Any(entry => entry.Id == 25));
    }

    [Fact]
    public async Task The_system_tells_its_limit()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells it.");
        var budget = DescriptorBudget.Read();
        Assert.NotNull(budget);
        Assert.InRange(budget.InUse, 3, budget.Limit);
        await using var host = await TransportHost.StartAsync();
        Assert.InRange(host.Engine.Gate.Max, 2, budget.Limit);
    }

    [Fact]
    public async Task A_client_above_the_limit_of_answers_is_closed_without_one()
    {
        await using var server = new TestServer(Pages, options => options.MaxConnections = 1);
        server.Hub.Lingering.Max = 0;
        Assert.True(server.Engine.Connections.TryEnter());
        var gate = new AcceptGate();
        var context = new DefaultConnectionContext("c");
        var aborted = new TaskCompletionSource();
        context.ConnectionClosed.Register(aborted.SetResult);
        await new ConnectionAdmission(server.Engine, _ => throw new InvalidOperationException("It is served."), gate).ServeAsync(context);
        await aborted.Task.SoonAsync();
        Assert.Contains(server.Logs.AboveDebug, entry => entry.Id == 15);
    }

    [Fact]
    public async Task Connections_above_the_limit_wait_to_be_accepted()
    {
        var gate = new AcceptGate { Max = 2 };
        var transport = new CountingTransport();
        var listener = await new GatedTransport(transport, gate).BindAsync(transport.EndPoint, TestContext.Current.CancellationToken);
        Assert.NotNull(await listener.AcceptAsync(TestContext.Current.CancellationToken));
        Assert.NotNull(await listener.AcceptAsync(TestContext.Current.CancellationToken));
        var third = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(2, transport.Accepted);
        gate.Leave();
        Assert.NotNull(await third.WaitAsync(Patience.Limit));

        // A connection that waits for room does not delay the stop.
        var fourth = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(fourth.IsCompleted);
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(await fourth.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_transport_that_accepts_by_itself_is_told_its_bound()
    {
        await using var server = new TestServer(Pages);
        var transport = new CountingTransport();
        await Checks(server, new DescriptorBudget(330, 134), transport).StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(100, transport.MaxOpenConnections);
    }

    [Fact]
    public async Task A_connection_that_has_ended_leaves_the_gate()
    {
        await using var host = await TransportHost.StartAsync();
        host.Engine.Gate.Max = 1;
        for (var i = 0; i < 3; i++)
        {
            var client = await host.ConnectAsync();
            await client.SendAsync("GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            Assert.Equal(200, (await client.ResponseAsync()).Status);
            await client.EndAsync();
        }
    }

    private static StartupChecks Checks(TestServer server, DescriptorBudget? budget, params IConnectionListenerFactory[] transports) => new(
        server.Engine, new FixedSource(budget), transports, Options.Create(new HostOptions()), server.Services.GetRequiredService<ILogger<UpgradeEngine>>());

    private static void Pages(UpgradeProtocolsBuilder builder) => builder.MapGet("/", _ => Results.Text("a page"));

    private sealed class FixedSource(DescriptorBudget? budget) : DescriptorSource
    {
        public override DescriptorBudget? Read() => budget;
    }

    private sealed class CountingTransport : IConnectionListenerFactory, IConnectionListener, IBoundedTransport
    {
        public int MaxOpenConnections { get; set; }

        private bool _isUnbound;

        public int Accepted { get; private set; }

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            Accepted += _isUnbound ? 0 : 1;
            return new(_isUnbound ? null : new DefaultConnectionContext());
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _isUnbound = true;
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}
