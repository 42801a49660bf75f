using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>The Redis options of a node. Options that don't depend on Redis are in <see cref="BackplaneOptions"/>.</summary>
public sealed class RedisBackplaneOptions
{
    internal RedisBackplaneOptions(ConfigurationOptions configuration) => Configuration = configuration;

    /// <summary>
    /// The connection's configuration. The server connects in the background, and reconnects whenever the connection is lost. Commands are
    /// not queued while it is lost: the values of <see cref="ConfigurationOptions.AbortOnConnectFail"/> and
    /// <see cref="ConfigurationOptions.BacklogPolicy"/> are overridden.
    /// </summary>
    public ConfigurationOptions Configuration { get; }

    /// <summary>
    /// Whether sharded pub/sub is used; <see cref="RedisSharding.Auto"/> by default. All nodes must have the same value.
    /// </summary>
    public RedisSharding Sharding { get; set; }
}

/// <summary>The kind of Redis pub/sub that carries the messages. Messages of one kind don't reach subscribers of the other.</summary>
public enum RedisSharding
{
    /// <summary>Sharded if the server is a cluster of Redis 7 or later, otherwise not sharded.</summary>
    Auto,

    /// <summary>Sharded (<c>SPUBLISH</c>): in a cluster a message goes only to its channel's shard. Needs Redis 7.</summary>
    On,

    /// <summary>Not sharded (<c>PUBLISH</c>): in a cluster every message goes to every server.</summary>
    Off,
}
