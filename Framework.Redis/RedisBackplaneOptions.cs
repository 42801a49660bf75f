using StackExchange.Redis;

namespace UpgradeProtocols;

/// <summary>The options of the Redis connection of a node. The general options are in <see cref="BackplaneOptions"/>.</summary>
public sealed class RedisBackplaneOptions
{
    internal RedisBackplaneOptions(ConfigurationOptions configuration) => Configuration = configuration;

    /// <summary>
    /// The configuration of the connection. The node connects in the background and reconnects after a loss. Nothing is queued while it is
    /// disconnected: <see cref="ConfigurationOptions.AbortOnConnectFail"/> and <see cref="ConfigurationOptions.BacklogPolicy"/> have no effect.
    /// </summary>
    public ConfigurationOptions Configuration { get; }

    /// <summary>Whether sharded pub/sub is used; <see cref="RedisSharding.Auto"/> by default. The same on all nodes.</summary>
    public RedisSharding Sharding { get; set; }
}

/// <summary>Which of the two kinds of Redis pub/sub carries the messages. They don't reach each other.</summary>
public enum RedisSharding
{
    /// <summary>Sharded where the server is a cluster of Redis 7 or later, otherwise not.</summary>
    Auto,

    /// <summary>Sharded (<c>SPUBLISH</c>): in a cluster a message goes to its channel's shard alone. Needs Redis 7.</summary>
    On,

    /// <summary>Not sharded (<c>PUBLISH</c>): in a cluster every message goes to every server of it.</summary>
    Off,
}
