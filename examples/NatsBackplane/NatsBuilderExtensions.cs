using NATS.Client.Core;
using UpgradeProtocols;

namespace NatsBackplane;

public static class NatsBuilderExtensions
{
    /// <summary>Carries groups, direct sends and presence to the other nodes of the application, over NATS.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="url">The server, such as <c>nats://localhost:4222</c>.</param>
    public static UpgradeProtocolsBuilder AddNats(this UpgradeProtocolsBuilder builder, string url)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddBackplane(_ => new NatsBackplane(new NatsOpts { Url = url }));
    }
}
