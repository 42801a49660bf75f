using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace UpgradeProtocols;

/// <summary>
/// What comes first on each of Kestrel's connections, before TLS: it is counted, the PROXY header is read where one is due, and at
/// its end somebody sees to it that the end is reached.
/// </summary>
internal sealed class ConnectionAdmission(UpgradeEngine engine, ConnectionDelegate next)
{
    public async Task ServeAsync(ConnectionContext connection)
    {
        var admission = new Admission(engine.Connections.TryEnter());
        connection.Features.Set(admission);
        try
        {
            if (await TakeProxyHeaderAsync(connection))
            {
                await next(connection);
            }
        }
        finally
        {
            if (admission.IsGranted)
            {
                engine.Connections.Leave();
            }

            if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { Connected: true } socket)
            {
                engine.Hub.Clock.Add(new TransportEnd(engine, connection, socket));
            }
        }
    }

    private async Task<bool> TakeProxyHeaderAsync(ConnectionContext connection)
    {
        if (!engine.Options.ProxyProtocol || !engine.Proxies.Contains(connection.RemoteEndPoint))
        {
            return true;
        }

        var reader = new ProxyHeaderReader(engine.Hub.Clock, connection.Transport.Input, engine.Options.HandshakeTimeout);
        if (await reader.ReadAsync() is not { } header)
        {
            HostingLog.NoProxyHeader(engine.Logger, connection.RemoteEndPoint);
            connection.Abort();
            return false;
        }

        connection.RemoteEndPoint = header.Source ?? connection.RemoteEndPoint;
        connection.LocalEndPoint = header.Destination ?? connection.LocalEndPoint;
        return true;
    }
}

/// <summary>Whether a connection is among those that may be there.</summary>
internal sealed record Admission(bool IsGranted);

/// <summary>
/// Watches a connection that has been served: what was written last is still with the transport, and a peer that doesn't read could
/// hold it there for ever. It counts as a connection meanwhile.
/// </summary>
internal sealed class TransportEnd(UpgradeEngine engine, ConnectionContext connection, Socket socket) : IClockClient
{
    private long _start = -1;

    public void Tick(long now)
    {
        if (!socket.Connected)
        {
            End();
        }
        else if (_start < 0)
        {
            _start = now;
            engine.Connections.Enter();
        }
        else if (now - _start >= WriteWatch.Limit(engine.Options.WriteTimeout, 0))
        {
            HostingLog.WriteBlocked(engine.Logger);
            connection.Abort();
            End();
        }
    }

    private void End()
    {
        engine.Hub.Clock.Remove(this);
        if (_start >= 0)
        {
            engine.Connections.Leave();
        }
    }
}
