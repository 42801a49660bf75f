using System.Net;
using System.Net.Sockets;

namespace UpgradeProtocols;

/// <summary>The proxies whose word counts (T4), and what it changes in a request.</summary>
internal sealed class KnownProxies(IReadOnlyList<IPNetwork> networks)
{
    /// <summary>Whether a connection's peer is one. On a Unix socket it is: the file's permissions say who may connect.</summary>
    public bool Contains(EndPoint? peer) => networks.Count > 0 && peer switch
    {
        IPEndPoint end => Contains(end.Address),
        UnixDomainSocketEndPoint => true,
        _ => false,
    };

    /// <summary>Gives a request the endpoint, scheme and host that the proxies tell.</summary>
    /// <returns>False when their fields are malformed or contradict each other: then they change nothing.</returns>
    public bool TryApply(UpgradeRequest request)
    {
        if (!Contains(request.RemoteEndPoint))
        {
            return true;
        }

        if (!ForwardedFields.TryRead(request.Headers, Contains, out var origin))
        {
            return false;
        }

        if (origin is not null)
        {
            request.RemoteEndPoint = origin.HasClient ? origin.Client : request.RemoteEndPoint;
            request.Scheme = origin.Scheme ?? request.Scheme;
            request.Host = origin.Host ?? request.Host;
        }

        return true;
    }

    private bool Contains(IPAddress address)
    {
        // A socket for both families shows IPv4 peers so.
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in networks)
        {
            if (network.Contains(plain))
            {
                return true;
            }
        }

        return false;
    }
}
