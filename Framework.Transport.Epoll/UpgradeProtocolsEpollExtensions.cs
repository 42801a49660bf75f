using Microsoft.AspNetCore.Connections;
using UpgradeProtocols;
using UpgradeProtocols.Transport.Epoll;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Extension methods that add the epoll transport.</summary>
public static class UpgradeProtocolsEpollExtensions
{
    /// <summary>
    /// Serves TCP endpoints with the epoll transport on Linux. It has one loop per core, on which a handler runs until it awaits an
    /// incomplete task. A handler that blocks delays the other connections of its loop. On other platforms, and for Unix sockets,
    /// Kestrel's own transport serves.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Configures the options.</param>
    /// <returns>The builder.</returns>
    public static UpgradeProtocolsBuilder UseEpoll(this UpgradeProtocolsBuilder builder, Action<EpollTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<EpollTransportOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(static options => options is { LoopCount: > 0 and <= 1024, Backlog: > 0 }, "LoopCount must be from 1 to 1024, each is a thread, and Backlog must be positive.")
            .Validate(
                static options => options.BlockedLoopThreshold >= TimeSpan.Zero && options.BlockedLoopThreshold < TimeSpan.FromDays(1),
                "BlockedLoopThreshold must be zero or longer, and shorter than a day. A time is written hh:mm:ss in a configuration: a second is 00:00:01.");
        builder.Services.AddSingleton<IConnectionListenerFactory, EpollTransportFactory>();
        return builder;
    }
}
