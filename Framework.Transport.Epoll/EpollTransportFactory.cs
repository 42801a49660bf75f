using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The factory of listeners for TCP endpoints. Kestrel's own transport serves other endpoints.</summary>
internal sealed class EpollTransportFactory(IOptions<EpollTransportOptions> options, ILoggerFactory loggers, TimeProvider time)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IBoundedTransport
{
    private readonly SegmentPool _pool = new();
    private readonly AcceptBound _bound = new();
    private readonly ILogger _logger = loggers.CreateLogger("UpgradeProtocols.Transport.Epoll");

    public int MaxOpenConnections
    {
        get => _bound.Max;
        set => _bound.Max = value;
    }

    public bool CanBind(EndPoint endpoint)
    {
        if (!OperatingSystem.IsLinux())
        {
            EpollLog.NotLinux(_logger);
            return false;
        }

        return endpoint is IPEndPoint { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 };
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new EpollListener(endpoint, options.Value, _pool, time, _logger, _bound));
}
