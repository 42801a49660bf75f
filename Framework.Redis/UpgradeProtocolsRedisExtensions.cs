using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using UpgradeProtocols;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Extension methods that add the Redis backplane.</summary>
public static class UpgradeProtocolsRedisExtensions
{
    /// <summary>
    /// Adds a backplane that carries groups, direct sends and presence to the application's other nodes, over Redis pub/sub.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">
    /// The servers, in the syntax of StackExchange.Redis: <c>localhost:6379</c>, <c>one:6379,two:6379,password=…</c>.
    /// </param>
    /// <param name="configure">Configures more options.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">
    /// The configuration can't be parsed or has no server, or <see cref="RedisBackplaneOptions.Sharding"/> has an undefined value.
    /// </exception>
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
