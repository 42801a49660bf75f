using NATS.Client.Core;
using UpgradeProtocols.Testing;

namespace UpgradeProtocols.Tests.Backplane;

public sealed class InProcessBackplaneTests : BackplaneConformance
{
    private readonly InProcessNetwork _network = new();

    protected override IBackplane Create() => _network.Connect();

    protected override Task CutAsync()
    {
        _network.IsCut = true;
        return Task.CompletedTask;
    }

    protected override Task HealAsync()
    {
        _network.IsCut = false;
        return Task.CompletedTask;
    }
}

/// <summary>A backplane over a server that is killed and restarted.</summary>
public abstract class ServerBackplaneTests : BackplaneConformance
{
    private ServerProcess? _server;

    internal ServerProcess Server => _server!;

    public override async ValueTask InitializeAsync()
    {
        _server = CreateServer();
        await HealAsync();
    }

    protected override Task CutAsync() => Server.KillAsync();

    protected override async Task HealAsync() => await Server.StartAsync();

    protected override ValueTask StopAsync() => _server?.DisposeAsync() ?? default;

    private protected abstract ServerProcess CreateServer();
}

[Trait("needs", "redis")]
public class RedisBackplaneTests : ServerBackplaneTests
{
    private protected override ServerProcess CreateServer() => ServerProcess.Redis();

    protected override IBackplane Create() => Server.ConnectRedis();
}

/// <summary>Sharded pub/sub, which a cluster selects automatically.</summary>
[Trait("needs", "redis")]
public sealed class RedisClusterBackplaneTests : RedisBackplaneTests
{
    private protected override ServerProcess CreateServer() => ServerProcess.Redis(isCluster: true);

    // The server remembers its slots, like every cluster.
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Server.FormClusterAsync();
    }
}

/// <summary>Sharded pub/sub on a server without a cluster, where the configuration requests it.</summary>
[Trait("needs", "redis")]
public sealed class RedisShardedBackplaneTests : RedisBackplaneTests
{
    protected override IBackplane Create() => Server.ConnectRedis(RedisSharding.On);
}

[Trait("needs", "nats")]
public sealed class NatsBackplaneTests : ServerBackplaneTests
{
    private protected override ServerProcess CreateServer() => ServerProcess.Nats();

    protected override IBackplane Create() => new NatsBackplane.NatsBackplane(new NatsOpts
    {
        Url = $"nats://{Server.Address}",
        ConnectTimeout = Patience.Limit,
        CommandTimeout = Patience.Limit,
    });
}
