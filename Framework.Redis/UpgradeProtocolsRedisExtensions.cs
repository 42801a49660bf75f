using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using UpgradeProtocols;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the Redis backplane.</summary>
public static class UpgradeProtocolsRedisExtensions
{
    /// <summary>Carries groups, direct sends and presence to the other nodes of the application, over Redis pub/sub.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">The server or servers, as StackExchange.Redis has it: <c>localhost:6379</c>, <c>one:6379,two:6379,password=…</c>.</param>
    /// <param name="configure">Sets more.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The configuration can't be read, or names no server.</exception>
    public static UpgradeProtocolsBuilder AddRedis(
        this UpgradeProtocolsBuilder builder, string configuration, Action<RedisBackplaneOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        var options = new RedisBackplaneOptions(ConfigurationOptions.Parse(configuration));
        configure?.Invoke(options);
        if (options.Configuration.EndPoints.Count == 0)
        {
            throw new ArgumentException("Pass a server, such as localhost:6379.", nameof(configuration));
        }

        if (!Enum.IsDefined(options.Sharding))
        {
            throw new ArgumentException($"Sharding is {options.Sharding}: it must be one of {string.Join(", ", Enum.GetNames<RedisSharding>())}.", nameof(configure));
        }

        return builder.AddBackplane(provider => new RedisBackplane(options, provider.GetRequiredService<ILogger<RedisBackplane>>()));
    }
}
