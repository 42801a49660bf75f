using System.Net;
using System.Net.Sockets;

namespace UpgradeProtocols;

/// <summary>The trusted proxies (T4), and the changes that they make to a request.</summary>
internal sealed class KnownProxies(IReadOnlyList<IPNetwork> networks)
{
    /// <summary>
    /// Whether a connection's peer is a known proxy. A peer on a Unix socket is one: the file's permissions control the access.
    /// </summary>
    public bool Contains(EndPoint? peer) => networks.Count > 0 && peer switch
    {
        IPEndPoint end => Contains(end.Address),
        UnixDomainSocketEndPoint => true,
        _ => false,
    };

    /// <summary>Sets a request's endpoint, scheme and host to the values that the proxies report.</summary>
    /// <returns>False if the proxies' headers are malformed or contradict each other: then the request isn't changed.</returns>
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
        // A dual-stack socket reports IPv4 peers as mapped addresses.
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
