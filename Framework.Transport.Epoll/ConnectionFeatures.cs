using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The connection's features.</summary>
internal sealed class ConnectionFeatures(EpollConnection connection) :
    IConnectionIdFeature, IConnectionItemsFeature, IConnectionTransportFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature,
    IMemoryPoolFeature
{
    public string ConnectionId
    {
        get => connection.ConnectionId;
        set => connection.ConnectionId = value;
    }

    public IDictionary<object, object?> Items
    {
        get => connection.Items;
        set => connection.Items = value;
    }

    public IDuplexPipe Transport
    {
        get => connection.Transport;
        set => connection.Transport = value;
    }

    public CancellationToken ConnectionClosed
    {
        get => connection.ConnectionClosed;
        set => connection.ConnectionClosed = value;
    }

    public EndPoint? LocalEndPoint
    {
        get => connection.LocalEndPoint;
        set => connection.LocalEndPoint = value;
    }

    public EndPoint? RemoteEndPoint
    {
        get => connection.RemoteEndPoint;
        set => connection.RemoteEndPoint = value;
    }

    public MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

    public void Abort() => connection.Abort(new ConnectionAbortedException("The connection was aborted by the application."));
}
